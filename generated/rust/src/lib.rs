// Written by hand, and copied as it is by `python -m codegen generate`: change codegen/colonyos_gen_codegen/targets/rust/runtime/.
//! ColonyOS for Rust: signed calls, typed by the schema.
#![forbid(unsafe_code)]
pub mod call;
pub mod constants;
pub mod crypto;
pub mod domains;
pub mod error;
pub mod limits;
pub mod transport;
pub mod value;
