//! What staff see of the sandbox in which documents are read.

use crate::{CHILD, reading_site, site};
use claim::Role;
use ingest::{Enforcement, Limits, Reader};
use std::process::ExitCode;
use std::sync::Arc;

/// What this program is started with to answer as a reader process on another machine.
pub(crate) const WHOLE: &str = "whole-sandbox";
pub(crate) const PARTIAL: &str = "partial-sandbox";

/// Answers as a reader process does whose kernel has this much of Landlock.
pub(crate) fn on_a_machine_with(landlock: &str, lacks: Option<&str>) -> ExitCode {
    let lacks = lacks.map_or("null".to_owned(), |lacks| format!("{lacks:?}"));
    println!(r#"{{"entered":{{"recognition":{lacks}}}}}"#);
    // Nothing follows an answer, not even the end of a line.
    print!(
        r#"{{"status":{{"files":"{landlock}","system_calls":"full","network_denied":true,"reading_denied":true,
        "writing_denied":true,"programs_denied":true,"changing_denied":true,"recognition":{lacks}}}}}"#
    );
    ExitCode::SUCCESS
}

pub(crate) async fn staff_see_what_the_sandbox_lacks() {
    let site = reading_site().await;
    let office = site.state.office.clone();
    let mut browser = site.signed_in("sato", Role::Reviewer, None).await;
    let program = std::env::current_exe().unwrap();
    let mut section = async |child: &str, path: &str| {
        let reader = Reader::new(program.clone(), vec![child.to_owned()], Limits::default());
        browser.state.office.reader = Arc::new(reader);
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        site::between(&page.body, "id=\"reading-heading\"", "</section>").to_owned()
    };
    let whole = section(WHOLE, "/overview").await;
    assert!(whole.contains("Landlock") && !whole.contains("不足"), "{whole}");
    let partial = section(PARTIAL, "/overview").await;
    assert!(
        partial.contains("カーネルに一部しかありません") && partial.contains("スキャンと写真を読み取れません"),
        "{partial}"
    );
    let english = section(PARTIAL, "/overview?lang=en").await;
    assert!(english.contains("The kernel has a part of it only") && english.contains("lacking"), "{english}");
    // And this machine, as it is.
    let here = section(CHILD, "/overview?lang=ja").await;
    let status = office.reader.sandbox_status().await.unwrap();
    assert_eq!(here.contains("不足"), !status.is_complete() || status.recognition.is_some(), "{status:?} {here}");
    assert_eq!(here.contains("カーネルにありません。システムコール"), status.files == Enforcement::Missing, "{here}");
}
