//! The command line of `cargo xtask`.

/// What `--help` prints.
pub(crate) const HELP: &str = "\
cargo xtask TASK

  demo [ARGUMENT…]   set the machine up, then run the whole pipeline on samples/ (`kofu demo`).
                     Data goes to ./kofu-demo unless --data DIR is among the arguments.
  test [ARGUMENT…]   set the machine up, build `kofu`, then run every test of the workspace.
                     The arguments go to `cargo test --workspace`.
  ci                 format check, clippy with warnings denied, cargo deny (skipped with the reason where it
                     cannot run), then every test.
  sources DIR        check crates/rules/programmes against the source documents in DIR and in its own documents/
                     (number 001 is 001_….txt, 001.txt or .md): every phrase that a programme cites stands in the
                     document that it names (compared after NFKC and without spaces; （中略） is for what is left
                     out) and says the value that it stands beside. Decisions (決定: …) are skipped, but for
                     （001 phrase） in them. All mistakes are listed.
  bench rules [ARGUMENT…]
                     how many claims a second the rules assess, beside zen-engine and beside a loop that decides
                     nothing; with --oracle N also whether they say what the oracle says of N random claims. The
                     arguments go to `kofu-bench rules`, see `cargo xtask bench rules -- --help`.
  bench reading [ARGUMENT…]
                     how much of invented receipts is read right, how sure the reading is of it, and what it costs
                     beside tesseract, pdftotext and pdfplumber (which is installed into a folder of our own from
                     PyPI). The arguments go to `kofu-bench reading`.
  bench audit [ARGUMENT…]
                     how fast an export of 1,000,000 entries of the decision log is verified beside bare SHA-256, in how
                     much memory, and 100,000 trials of one changed byte. The arguments go to `kofu-bench audit`.
  bench zengin [BATCHES]
                     100,000 (or so many) random batches with difficult names as 総合振込 files, each read back equal by our
                     reader and by the crate zengin-fmt.
  bench simulator [SEEDS]
                     whole lives of claims under faults from 2,000 (or so many) seeds; a seed that fails is named with the
                     command that plays it again.
  bench output [ARGUMENT…]
                     10,000 notices beside bare Typst and a payment list of 230,000 rows beside bare rust_xlsxwriter. The
                     arguments go to `kofu-bench output`.
  bench hostile [WORD…]
                     hostile documents through the reader: what comes of each, the memory and the time that it takes.
                     With a word only the documents whose name has it.
  bench fuzz [--minutes N] [TARGET…]
                     fuzz the readers of all formats, each target for 10 minutes, with inputs kept in the cache folder.
  bench memory       the most memory that `kofu assess` takes for 10,000 and for 1,000,000 claims.
  bench pages [ARGUMENT…]
                     how long the server takes for each page of the queue, a claim's page and lists with 1,000,000 claims
                     stored and with 1,000, on SQLite and on PostgreSQL. The arguments go to `kofu-bench pages`.
  bench api [ARGUMENT…]
                     requests that schemathesis (installed into a folder of our own from PyPI) makes up from the API's
                     document, by a program of every role: no error of the server's, no answer but as documented. The
                     arguments go to `kofu-bench api`.
  samples [--check]  draw samples/ again, byte for byte the same; with --check only compare.
  setup              only set the machine up: the system packages that building, running and testing need.

On Debian and Ubuntu missing packages are installed with apt-get (through sudo when not root); on other systems
what is missing is named. Every task runs at the top of the workspace, and paths are relative to it.";

/// One task with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Setup,
    /// Arguments for `kofu demo`.
    Demo(Vec<String>),
    /// Arguments for `cargo test --workspace`.
    Test(Vec<String>),
    Ci,
    Sources {
        /// The folder of the source documents.
        documents: String,
    },
    /// Arguments for `kofu-bench rules`.
    BenchRules(Vec<String>),
    /// Arguments for `kofu-bench reading`.
    BenchReading(Vec<String>),
    /// Arguments for `kofu-bench audit`.
    BenchAudit(Vec<String>),
    /// How many batches, as written.
    BenchZengin(String),
    BenchSimulator(String),
    BenchOutput(Vec<String>),
    /// Words for the hostile set.
    BenchHostile(Vec<String>),
    /// Minutes and targets.
    BenchFuzz(Vec<String>),
    BenchMemory,
    /// Arguments for `kofu-bench pages`.
    BenchPages(Vec<String>),
    /// Arguments for `kofu-bench api`.
    BenchApi(Vec<String>),
    Samples {
        /// Compare instead of writing.
        check: bool,
    },
}

/// The task that the arguments (without the program's name) ask for, or what is wrong with them.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Task, String> {
    let mut arguments = arguments.into_iter();
    let Some(name) = arguments.next() else {
        return Err("no task is given".to_owned());
    };
    let mut rest: Vec<String> = arguments.collect();
    if rest.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--help" || argument == "-h") {
        return Ok(Task::Help);
    }
    // `cargo xtask demo -- --json` and `cargo xtask demo --json` mean the same; a test's own `--` stays.
    let ours = match name.as_str() {
        "demo" => Some(0),
        "bench" => Some(1),
        _ => None,
    };
    if let Some(at) = ours.filter(|at| rest.get(*at).is_some_and(|argument| argument == "--")) {
        rest.remove(at);
    }
    let none = |task: Task, rest: &[String]| match rest {
        [] => Ok(task),
        [first, ..] => Err(format!("found {first:?} after {name}, expected nothing")),
    };
    match name.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "setup" => none(Task::Setup, &rest),
        "demo" => Ok(Task::Demo(rest)),
        "test" => Ok(Task::Test(rest)),
        "ci" => none(Task::Ci, &rest),
        "sources" => match rest.as_slice() {
            [documents] => Ok(Task::Sources { documents: documents.clone() }),
            [] => Err("found nothing after sources, expected the folder of the source documents".to_owned()),
            [_, second, ..] => {
                Err(format!("found {second:?} after the folder of the source documents, expected nothing"))
            }
        },
        "bench" => match rest.as_slice() {
            [what, rest @ ..] if what == "rules" => Ok(Task::BenchRules(rest.to_vec())),
            [what, rest @ ..] if what == "reading" => Ok(Task::BenchReading(rest.to_vec())),
            [what, rest @ ..] if what == "audit" => Ok(Task::BenchAudit(rest.to_vec())),
            [what] if what == "simulator" => Ok(Task::BenchSimulator("2000".to_owned())),
            [what, seeds] if what == "simulator" && seeds.parse::<u64>().is_ok() => {
                Ok(Task::BenchSimulator(seeds.clone()))
            }
            [what, arguments @ ..] if what == "output" => Ok(Task::BenchOutput(arguments.to_vec())),
            [what] if what == "zengin" => Ok(Task::BenchZengin("100000".to_owned())),
            [what, batches] if what == "zengin" && batches.parse::<u32>().is_ok() => {
                Ok(Task::BenchZengin(batches.clone()))
            }
            [what, rest @ ..] if what == "hostile" => Ok(Task::BenchHostile(rest.to_vec())),
            [what, rest @ ..] if what == "fuzz" => Ok(Task::BenchFuzz(rest.to_vec())),
            [what, rest @ ..] if what == "memory" => none(Task::BenchMemory, rest),
            [what, rest @ ..] if what == "pages" => Ok(Task::BenchPages(rest.to_vec())),
            [what, rest @ ..] if what == "api" => Ok(Task::BenchApi(rest.to_vec())),
            [what, ..] => Err(format!(
                "found {what:?} after bench, expected rules, reading, audit, zengin, simulator, output, hostile, fuzz, memory, pages or api"
            )),
            [] => Err("found nothing after bench, expected rules, reading, audit, zengin, simulator, output, hostile, fuzz, memory, pages or api"
                .to_owned()),
        },
        "samples" => match rest.as_slice() {
            [flag] if flag == "--check" => Ok(Task::Samples { check: true }),
            rest => none(Task::Samples { check: false }, rest),
        },
        other => Err(format!("found task {other:?}, expected demo, test, ci, sources, bench, samples or setup")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn each_task_takes_its_own_arguments_and_passes_on_the_rest() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (line, task) in [
            ("setup", Task::Setup),
            ("ci", Task::Ci),
            ("demo", Task::Demo(words(""))),
            ("demo --data /tmp/d --json", Task::Demo(words("--data /tmp/d --json"))),
            ("demo -- --data /tmp/d", Task::Demo(words("--data /tmp/d"))),
            ("test -p claim -- --nocapture", Task::Test(words("-p claim -- --nocapture"))),
            ("sources ../seeds", Task::Sources { documents: "../seeds".to_owned() }),
            ("bench rules --claims 1000", Task::BenchRules(words("--claims 1000"))),
            ("bench rules -- --help", Task::BenchRules(words("--help"))),
            ("bench reading --set tuned", Task::BenchReading(words("--set tuned"))),
            ("bench audit --trials 10", Task::BenchAudit(words("--trials 10"))),
            ("bench zengin", Task::BenchZengin("100000".to_owned())),
            ("bench simulator", Task::BenchSimulator("2000".to_owned())),
            ("bench simulator 5", Task::BenchSimulator("5".to_owned())),
            ("bench output --rows 9", Task::BenchOutput(vec!["--rows".to_owned(), "9".to_owned()])),
            ("bench zengin 5", Task::BenchZengin("5".to_owned())),
            ("bench hostile", Task::BenchHostile(words(""))),
            ("bench fuzz --minutes 1 pdf", Task::BenchFuzz(words("--minutes 1 pdf"))),
            ("bench memory", Task::BenchMemory),
            ("bench pages --claims 1000", Task::BenchPages(words("--claims 1000"))),
            ("bench api --role reviewer", Task::BenchApi(words("--role reviewer"))),
            ("samples", Task::Samples { check: false }),
            ("samples --check", Task::Samples { check: true }),
            ("--help", Task::Help),
            ("test --help", Task::Help),
        ] {
            assert_eq!(parsed(line), Ok(task), "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, named) in [
            ("", "no task"),
            ("dmeo", "\"dmeo\""),
            ("ci --fast", "\"--fast\""),
            ("setup now", "\"now\""),
            ("sources", "the folder of the source documents"),
            ("sources ../seeds now", "\"now\""),
            ("bench", "rules, reading, audit, zengin, simulator, output, hostile, fuzz, memory, pages or api"),
            ("bench rlues", "\"rlues\""),
            ("bench memory 5", "\"5\""),
            ("samples --chek", "\"--chek\""),
        ] {
            assert!(parsed(line).unwrap_err().contains(named), "{line}");
        }
    }

    #[test]
    fn a_help_flag_of_the_test_binaries_is_not_ours() {
        assert!(matches!(parsed("test -- --help"), Ok(Task::Test(_))));
    }
}
