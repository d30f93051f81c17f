//! Setting a machine up: which system packages are needed for what, which of them are missing, and installing those.

use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a machine is set up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Compiling: libtesseract and C sources of dependencies.
    Build,
    /// Reading documents and setting notices.
    Run,
    /// A PostgreSQL of the tests' own, and an independent look at PDFs.
    Tests,
    /// Drawing and reading the bench's documents: more faces, and the programs that kofu is measured beside.
    Bench,
}

/// Something that has to be there before a purpose can be served on a system whose packages we do not know.
struct Tool {
    /// What to install, in words that any system's package search finds.
    name: &'static str,
    /// A command that succeeds if it is there.
    probe: &'static [&'static str],
    /// A text that the probe has to print, if success is not enough.
    says: Option<&'static str>,
}

impl Purpose {
    /// Those that working on kofu needs; measuring is asked for by itself.
    pub(crate) const ALL: [Purpose; 3] = [Purpose::Build, Purpose::Run, Purpose::Tests];

    /// Its packages in Debian and Ubuntu.
    const fn packages(self) -> &'static [&'static str] {
        match self {
            Purpose::Build => &["libtesseract-dev", "libleptonica-dev", "pkg-config", "gcc", "g++", "make"],
            Purpose::Run => &[
                "tesseract-ocr-script-jpan",
                "tesseract-ocr-jpn",
                "tesseract-ocr-eng",
                "tesseract-ocr-osd",
                "fonts-ipaexfont-mincho",
                "fonts-ipaexfont-gothic",
            ],
            Purpose::Tests => &[
                "postgresql",
                "poppler-utils",
                "chromium",
                "chromium-driver",
                "python3-venv",
                "python3-aiosmtpd",
                "openssl",
            ],
            Purpose::Bench => &[
                "tesseract-ocr",
                "poppler-utils",
                "python3-venv",
                "fonts-takao-mincho",
                "fonts-vlgothic",
                "fonts-migmix",
                "fonts-morisawa-bizud-gothic",
                "fonts-morisawa-bizud-mincho",
                "fonts-motoya-l-cedar",
                "fonts-noto-cjk",
                "fonts-sawarabi-gothic",
                "fonts-sawarabi-mincho",
                "fonts-dejima-mincho",
                "fonts-umeplus",
                "fonts-motoya-l-maruberi",
            ],
        }
    }

    /// Its tools on any other system.
    const fn tools(self) -> &'static [Tool] {
        match self {
            Purpose::Build => &[
                Tool { name: "a C compiler (cc)", probe: &["cc", "--version"], says: None },
                Tool { name: "a C++ compiler (c++)", probe: &["c++", "--version"], says: None },
                Tool { name: "make", probe: &["make", "--version"], says: None },
                Tool {
                    name: "libtesseract and leptonica with headers, and pkg-config",
                    probe: &["pkg-config", "--exists", "tesseract", "lept"],
                    says: None,
                },
            ],
            Purpose::Run => &[
                Tool {
                    name: "the Tesseract data of script/Japanese",
                    probe: &["tesseract", "--list-langs"],
                    says: Some("Japanese"),
                },
                Tool { name: "the Tesseract data of jpn", probe: &["tesseract", "--list-langs"], says: Some("jpn") },
                Tool { name: "the Tesseract data of eng", probe: &["tesseract", "--list-langs"], says: Some("eng") },
                Tool { name: "the Tesseract data of osd", probe: &["tesseract", "--list-langs"], says: Some("osd") },
                Tool { name: "the font IPAex Mincho", probe: &["fc-list"], says: Some("IPAexMincho") },
                Tool { name: "the font IPAex Gothic", probe: &["fc-list"], says: Some("IPAexGothic") },
            ],
            Purpose::Tests => &[
                Tool { name: "the PostgreSQL server (initdb)", probe: &["initdb", "--version"], says: None },
                Tool { name: "poppler's pdftotext", probe: &["pdftotext", "-v"], says: None },
                Tool { name: "Chromium's driver (chromedriver)", probe: &["chromedriver", "--version"], says: None },
                Tool { name: "Python 3 with venv", probe: &["python3", "-m", "venv", "--help"], says: None },
                Tool {
                    name: "the Python package aiosmtpd for /usr/bin/python3",
                    probe: &["/usr/bin/python3", "-c", "import aiosmtpd"],
                    says: None,
                },
                Tool { name: "Node.js 18 or later (node)", probe: &["node", "--version"], says: None },
                Tool { name: "npm", probe: &["npm", "--version"], says: None },
                Tool { name: "openssl", probe: &["openssl", "version"], says: None },
            ],
            Purpose::Bench => &[
                Tool { name: "the command tesseract", probe: &["tesseract", "--version"], says: None },
                Tool { name: "Python 3 with venv", probe: &["python3", "-m", "venv", "--help"], says: None },
                Tool { name: "the font Takao Mincho", probe: &["fc-list"], says: Some("TakaoMincho") },
                Tool { name: "the font VL Gothic", probe: &["fc-list"], says: Some("VL Gothic") },
                Tool { name: "the font MigMix 1P", probe: &["fc-list"], says: Some("MigMix 1P") },
                Tool { name: "the font BIZ UDGothic", probe: &["fc-list"], says: Some("BIZ UDGothic") },
                Tool { name: "the font BIZ UDMincho", probe: &["fc-list"], says: Some("BIZ UDMincho") },
                Tool { name: "the font Motoya L Cedar", probe: &["fc-list"], says: Some("MotoyaLCedar") },
                Tool { name: "the fonts Noto CJK", probe: &["fc-list"], says: Some("Noto Serif CJK JP") },
            ],
        }
    }
}

/// Sees to it that the machine has what the purposes need. Says nothing when nothing is missing.
pub(crate) fn set_up(purposes: &[Purpose]) -> anyhow::Result<()> {
    let is_debian = Path::new("/etc/debian_version").exists() && finds("dpkg-query", "--version");
    if is_debian { install_packages(purposes) } else { expect_tools(purposes) }
}

/// Debian and Ubuntu: what is not installed is installed.
fn install_packages(purposes: &[Purpose]) -> anyhow::Result<()> {
    let needed: Vec<&str> = purposes.iter().flat_map(|purpose| purpose.packages()).copied().collect();
    let missing = missing_packages(&needed)?;
    if missing.is_empty() {
        return Ok(());
    }
    let install: Vec<&str> = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"]
        .into_iter()
        .chain(missing.iter().copied())
        .collect();
    let prefix: &[&str] = if is_root() {
        &[]
    } else if finds("sudo", "--version") {
        // sudo drops the environment, so the variable goes through env.
        &["sudo"]
    } else {
        bail!(
            "these packages are missing and this user may not install them (not root, and there is no sudo): {}. \
             Have this run by root: {}",
            missing.join(" "),
            install.join(" ")
        );
    };
    eprintln!("xtask: installing {}", missing.join(" "));
    // Old package lists often still do, and what cannot be installed is told below.
    if let Err(error) = as_root(prefix, &["apt-get", "update", "--quiet"]) {
        eprintln!("xtask: the package lists could not be brought up to date ({error:#}); going on with those at hand");
    }
    as_root(prefix, &install).context("system packages could not be installed")?;
    let left = missing_packages(&needed)?;
    if !left.is_empty() {
        bail!("apt-get ended well, but these packages are still not installed: {}", left.join(" "));
    }
    Ok(())
}

/// Packages that are also made by others, under names or in parts of their own that go badly with Debian's: where their
/// program is there, they are not missing.
const BY_OTHERS: [(&str, &str); 2] = [("nodejs", "node"), ("npm", "npm")];

fn missing_packages<'a>(needed: &[&'a str]) -> anyhow::Result<Vec<&'a str>> {
    let needed: Vec<&str> = needed
        .iter()
        .copied()
        .filter(|package| !BY_OTHERS.iter().any(|(name, program)| name == package && finds(program, "--version")))
        .collect();
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package}\t${db:Status-Abbrev}\n"])
        .args(&needed)
        .stderr(Stdio::null())
        .output()
        .context("dpkg-query cannot be started")?;
    // It ends with 1 when it does not know one of the packages; what it knows is printed all the same.
    Ok(not_installed(&needed, &String::from_utf8_lossy(&output.stdout)))
}

/// Those of `needed` that dpkg does not list as installed (`ii`, or held: `hi`), in order and each once.
fn not_installed<'a>(needed: &[&'a str], listing: &str) -> Vec<&'a str> {
    let installed: BTreeSet<&str> = listing
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(_, status)| status.as_bytes().get(1) == Some(&b'i'))
        .map(|(package, _)| package)
        .collect();
    let mut seen = BTreeSet::new();
    needed.iter().copied().filter(|package| !installed.contains(package) && seen.insert(*package)).collect()
}

fn as_root(prefix: &[&str], words: &[&str]) -> anyhow::Result<()> {
    let words: Vec<&str> =
        prefix.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive"]).chain(words.iter().copied()).collect();
    let shown = words.join(" ");
    eprintln!("$ {shown}");
    // apt-get's progress is no result of ours: standard output stays free for what the task itself prints.
    let status = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("`{shown}` cannot be started"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "0")
}

fn finds(program: &str, harmless: &str) -> bool {
    let status = Command::new(program).arg(harmless).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Other systems: what is missing is named, all of it at once.
fn expect_tools(purposes: &[Purpose]) -> anyhow::Result<()> {
    let missing: Vec<&str> = purposes
        .iter()
        .flat_map(|purpose| purpose.tools())
        .filter(|tool| !tool.is_there())
        .map(|tool| tool.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "this is not Debian or Ubuntu, so nothing is installed automatically. Please install: {}. Then run this again",
        missing.join("; ")
    )
}

impl Tool {
    fn is_there(&self) -> bool {
        let [program, arguments @ ..] = self.probe else { return false };
        Command::new(program).args(arguments).stdin(Stdio::null()).output().is_ok_and(|output| {
            let printed =
                String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            output.status.success() && self.says.is_none_or(|text| printed.contains(text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_dpkg_does_not_list_as_installed_is_missing() {
        let listing = "gcc\tii \nmake\trc \npostgresql\thi \npoppler-utils\tun \ng++\tiU \n";
        let needed = ["gcc", "make", "postgresql", "poppler-utils", "pkg-config", "g++", "pkg-config"];
        assert_eq!(not_installed(&needed, listing), ["make", "poppler-utils", "pkg-config", "g++"]);
        assert_eq!(not_installed(&["gcc"], ""), ["gcc"]);
        assert_eq!(not_installed(&["gcc", "postgresql"], listing), [""; 0]);
    }

    #[test]
    fn a_package_of_several_architectures_counts_once() {
        assert_eq!(not_installed(&["libtesseract-dev"], "libtesseract-dev\tii \nlibtesseract-dev\tii \n"), [""; 0]);
    }

    #[test]
    fn each_purpose_names_packages_and_tools_and_none_twice() {
        let mut seen = BTreeSet::new();
        for purpose in Purpose::ALL.into_iter().chain([Purpose::Bench]) {
            assert!(!purpose.tools().is_empty(), "{purpose:?}");
            // The bench looks at PDFs, and gets Python's packages, with what the tests do it with.
            for package in purpose.packages().iter().filter(|one| !["poppler-utils", "python3-venv"].contains(*one)) {
                assert!(seen.insert(package), "{package}");
            }
        }
    }

    #[test]
    fn a_tool_is_there_only_if_its_probe_succeeds_and_says_so() {
        let tool = |probe, says| Tool { name: "", probe, says };
        assert!(tool(&["echo", "Japanese"], Some("Japanese")).is_there());
        assert!(!tool(&["echo", "English"], Some("Japanese")).is_there());
        assert!(!tool(&["false"], None).is_there());
        assert!(!tool(&["/no/such/program"], None).is_there());
    }
}
