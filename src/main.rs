//! Starts things; decides nothing.

fn main() -> anyhow::Result<()> {
    Ok(())
}
