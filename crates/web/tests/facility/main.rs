//! A facility's way through the pages with documents that are really read: this program starts itself as the reader
//! process, so it has a `main` of its own.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "../door/site.rs"]
#[allow(dead_code, reason = "what the other tests use of it")]
mod site;

mod life;
mod others;
mod refusals;
mod safety;
mod upload;

use site::Site;
use std::process::ExitCode;
use std::sync::Arc;

const CHILD: &str = "reader-process";

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    match filters.first().map(String::as_str) {
        Some(CHILD) => return ingest::child_main(),
        Some(safety::WHOLE) => return safety::on_a_machine_with("full", None),
        Some(safety::PARTIAL) => return safety::on_a_machine_with("partial", Some("no model")),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut run = 0;
    macro_rules! tests {
        ($($place:ident :: $name:ident)*) => { $(
            if filters.is_empty() || filters.iter().any(|filter| stringify!($name).contains(filter.as_str())) {
                // A failed assertion ends the program with a code that is not 0.
                runtime.block_on($place::$name());
                println!("test {} ... ok", stringify!($name));
                run += 1;
            }
        )* };
    }
    tests! {
        life::a_facility_applies_with_the_documents_of_a_sample
        life::a_return_is_answered_with_what_was_sent_before
        life::a_misread_field_is_corrected_before_it_is_sent_and_looked_at_by_a_person
        life::an_application_for_products_names_them
        life::what_is_left_of_the_time_is_counted_on_the_server
        others::nobody_reaches_anything_of_another_institution
        refusals::a_form_without_the_sessions_token_changes_nothing
        refusals::a_file_that_is_too_large_or_empty_loses_no_other
        refusals::of_two_who_change_a_draft_the_second_is_told
        refusals::a_time_out_in_the_middle_loses_nothing
        refusals::a_form_that_means_nothing_is_told_and_not_saved
        safety::staff_see_what_the_sandbox_lacks
    }
    println!("{run} tests");
    if run == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A site whose office reads documents, with the facility of a sample.
async fn reading_site() -> Site {
    let mut site = Site::new().await;
    let program = std::env::current_exe().unwrap();
    let reader = ingest::Reader::new(program, vec![CHILD.to_owned()], ingest::Limits::default());
    site.state.office.reader = Arc::new(reader);
    let office = &site.state.office;
    let mut facility =
        office.store.facility(&claim::InstitutionCode::parse(site::CLINIC).unwrap()).await.unwrap().unwrap();
    facility.name = "水面坂内科クリニック".to_owned();
    facility.founder = "医療法人社団水面会".to_owned();
    let event = decision_log::Event::FacilityRegisterChanged { count: 1, sha256: office::hash(b"register 2") };
    let entry = office.entry(&claim::Actor::system(), event);
    office.store.upsert_facilities(&[facility], &[entry]).await.unwrap();
    site
}

/// The file of a sample.
fn sample(story: &str, file: &str) -> Vec<u8> {
    let path = format!("{}/../../samples/{story}/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
