//! The user's own directories.
//!
//! A relative HOME would mean other ones in each directory that the program is started in: it is none.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use etcetera::base_strategy::Xdg;

/// Where the configuration is.
pub fn config() -> Option<PathBuf> {
    Some(Xdg::new().ok()?.config_dir()).filter(|path| path.is_absolute())
}

/// Where is kept what runs write down.
pub fn state() -> Option<PathBuf> {
    let of = Xdg::new().ok()?;
    Some(of.state_dir().unwrap_or_else(|| of.data_dir())).filter(|path| path.is_absolute())
}
