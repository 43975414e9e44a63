//! Puts the bodies of the provider quirks into the program.

use std::{env, error::Error, fmt::Write, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=quirks");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("quirks");
    let mut table = String::from("&[\n");
    for group in fs::read_dir(&folder)? {
        let group = group?.path();
        // The index lies beside the folders.
        if !group.is_dir() {
            continue;
        }
        for file in fs::read_dir(&group)? {
            let file = file?.path();
            let name = file.strip_prefix(&folder)?.to_string_lossy().replace('\\', "/");
            writeln!(table, "({name:?}, include_bytes!({:?})),", file.to_string_lossy())?;
        }
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("quirks.rs"), table)?;
    Ok(())
}
