//! Promises of the screens, tried in every language.

mod before;
mod asides;
mod examples;
mod others;
mod phrases;
mod pictures;
mod screens;
mod touches;
