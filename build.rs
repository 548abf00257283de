//! Rebuilds the crate when a migration or a compiled-in model file changes.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=models");
}
