//! The command `kofu`: everything is in the library, so that its parts can be read as one crate.

fn main() -> std::process::ExitCode {
    pipeline::run(std::env::args_os())
}
