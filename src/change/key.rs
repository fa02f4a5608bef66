//! The key that lies next to the audit log: ids are written under it, and what else the program keeps in
//! that directory is bound by keys that are derived from it.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of the key.
const LENGTH: usize = 32;

/// The key that is kept there; `None` where there is none. One of another length is an error.
pub fn read(place: &Path) -> io::Result<Option<Vec<u8>>> {
    let key = match std::fs::read(place) {
        Ok(key) => key,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if key.len() != LENGTH {
        return Err(io::Error::other(format!("the key {} is damaged", place.display())));
    }
    Ok(Some(key))
}

/// The key that is kept there, made where there is none yet.
pub fn obtain(place: &Path) -> io::Result<Vec<u8>> {
    if let Some(key) = read(place)? {
        return Ok(key);
    }
    let mut key = vec![0; LENGTH];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    // Whole or not at all, and the file is its owner's alone from the start. Of two that make one at the
    // same time the second takes what the first has made.
    let mut file = tempfile::NamedTempFile::new_in(parent(place))?;
    file.write_all(&key)?;
    file.as_file().sync_data()?;
    match file.persist_noclobber(place) {
        Ok(_) => Ok(key),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            read(place)?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        }
        Err(error) => Err(error.error),
    }
}

/// A key for one purpose alone, from which neither the first nor that of another purpose can be told.
pub fn derived(key: &[u8], purpose: &str) -> [u8; 32] {
    mac(key, &[b"sessctl\0", purpose.as_bytes()])
}

/// The HMAC-SHA256 of these parts, one after the other.
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut tag = [0; 32];
    // Any length of key is taken.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        for part in parts {
            mac.update(part);
        }
        tag.copy_from_slice(&mac.finalize().into_bytes());
    }
    tag
}

/// The directory of a file; a bare name is in the current one.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn of_several_who_make_a_key_all_have_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("audit.key");
        assert_eq!(read(&place).unwrap(), None);
        let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| obtain(&place).unwrap())).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && key.len() == LENGTH));
        assert_eq!(read(&place).unwrap().as_ref(), Some(&keys[0]));
        std::fs::write(&place, b"short").unwrap();
        assert!(read(&place).is_err() && obtain(&place).is_err());
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        // printf 'sessctl\0a' | openssl dgst -sha256 -hmac key
        let of = |purpose| base16ct::lower::encode_string(&derived(b"key", purpose));
        assert_ne!(of("a"), of("b"));
        assert_eq!(of("a"), "4b4aabde931bd59d1436dd84e46152cef6ec22890ce5f3b9a4cc70f310395261");
    }
}
