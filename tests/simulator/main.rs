//! The whole life of claims under faults, from one seed: facilities, workers, reviewers, officers, approvers, a bank and a
//! mail server act in random order over a real store with a clock that jumps; acts are broken off at any await, the
//! folder of documents goes away, the store is closed and opened, the bank loses, repeats and falsifies records. What must
//! hold is looked at again and again ([`world::World::must_hold`]), and at the end `kofu check` looks at all of it.
//!
//! `cargo test -p tests --test simulator` tries a few seeds; `cargo xtask bench simulator` two thousand. A seed that fails is
//! named with the command that plays it again, act by act: `cargo test -p tests --test simulator -- --seed 17 --say`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod acts;
mod bank;
mod world;

use std::process::ExitCode;
use std::time::Instant;
use world::World;

/// The seeds of an ordinary run of the tests.
const FEW: u64 = 12;
/// How many acts one seed has.
const ACTS: u32 = 160;

fn number(args: &[String], name: &str) -> Option<u64> {
    let at = args.iter().position(|arg| arg == name)?;
    args.get(at + 1)?.parse().ok()
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // The harness of other tests is asked for their list.
    if args.iter().any(|arg| arg == "--list") {
        println!("the_whole_life_under_faults: test");
        return ExitCode::SUCCESS;
    }
    let say = args.iter().any(|arg| arg == "--say");
    let seeds: Vec<u64> = match number(&args, "--seed") {
        Some(seed) => vec![seed],
        None => (1..=number(&args, "--seeds").unwrap_or(FEW)).collect(),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (began, all) = (Instant::now(), seeds.len());
    let mut told = world::Told::default();
    for (seed, done) in seeds.into_iter().zip(1..) {
        let name = format!("seed {seed}: cargo test -p tests --test simulator -- --seed {seed} --say");
        // What fails says which seed it was, whatever it was.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| eprintln!("{name}\n{panic}")));
        runtime.block_on(async {
            let mut world = World::new(seed, say).await;
            for _ in 0..ACTS {
                world.act().await;
            }
            world.settle().await;
            told.add(&world.told);
        });
        std::panic::set_hook(hook);
        if all > 50 && done % 50 == 0 {
            eprintln!("{done} of {all} seeds, {:.0} s", began.elapsed().as_secs_f64());
        }
    }
    println!("test the_whole_life_under_faults ... ok ({all} seeds: {told})");
    // A simulator in which nothing happens proves nothing.
    if told.paid == 0 || told.bounced == 0 || told.broken_off == 0 || told.refused == 0 {
        eprintln!("found {told}, expected some of each");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
