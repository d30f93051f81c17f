//! Tests of the web room through its routes.

// cfg(test) tells clippy that the functions beside the tests are tests too, where unwrap is allowed.
#[cfg(test)]
mod api;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod money;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod payments_and_log;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod review;
#[cfg(test)]
mod signing_in;
#[cfg(test)]
mod site;
#[cfg(test)]
mod two_persons;
