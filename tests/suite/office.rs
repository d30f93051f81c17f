//! An office of a fund as the tests need it: a data folder with the samples' register and some of their claims, worked off.

use std::path::{Path, PathBuf};
use tests::{Printed, root, run};

pub(crate) struct Office {
    folder: tempfile::TempDir,
}

impl Office {
    /// With these samples, read and assessed.
    pub(crate) fn with(samples: &[&str]) -> Office {
        let office = Office::with_register();
        office.import(samples);
        office.kofu(&["work", "--drain"]).expect_code(0);
        office
    }

    /// With the register alone.
    pub(crate) fn with_register() -> Office {
        let office = Office { folder: tempfile::tempdir().unwrap() };
        office.kofu(&["facilities", "import", register().to_str().unwrap()]).expect_code(0);
        office
    }

    /// The second look at every bank account of the register.
    pub(crate) fn confirm_accounts(&self) {
        self.kofu(&["facilities", "confirm", "--all", "--by", "officer-x"]).expect_code(0);
    }

    /// Takes samples, without working on them.
    pub(crate) fn import(&self, samples: &[&str]) -> Printed {
        let paths: Vec<PathBuf> = samples.iter().map(|sample| root().join("samples").join(sample)).collect();
        let mut args = vec!["claims", "import"];
        args.extend(paths.iter().map(|path| path.to_str().unwrap()));
        self.kofu(&args).expect_code(0)
    }

    /// Runs `kofu` on this office's data, in English.
    pub(crate) fn kofu(&self, args: &[&str]) -> Printed {
        self.run(&[args, &["--lang", "en"]].concat())
    }

    /// Runs `kofu` on this office's data.
    pub(crate) fn run(&self, args: &[&str]) -> Printed {
        let data = self.data();
        run(&[args, &["--data", data.to_str().unwrap()]].concat())
    }

    /// The ids of the claims in a state.
    pub(crate) fn claims(&self, state: &str) -> Vec<String> {
        let listed = self.kofu(&["claims", "list", "--state", state, "--json"]).expect_code(0).json_lines();
        listed.iter().map(|claim| claim["claim_id"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A place beside the data.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The samples' register.
pub(crate) fn register() -> PathBuf {
    root().join("samples/facilities.csv")
}

/// A named pipe that nobody writes to.
pub(crate) fn pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}
