//! Has the program linked at a fixed address.
//!
//! A program that can be loaded anywhere has its tables of addresses written anew in memory each time it is started: here more than
//! 400 KiB, which the shim beside each simulation would hold for days, and which take longer than all else that it does to begin.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    // Other C libraries have other ways, and musl's start code for such a program is not the one that it is linked with.
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
