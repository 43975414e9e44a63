//! Stems in a folder, out of an archive that is not trusted.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use futures_util::StreamExt;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, task::spawn_blocking};
use zip::{ZipArchive, result::ZipError};

use crate::{
    base::error::{Error, ErrorKind},
    exchange::download::Download,
};

/// The default limit in bytes, for the download and for the unpacked files.
pub(super) const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// The maximum number of entries in an archive. The service sends two or six.
const MAX_ENTRIES: usize = 64;

/// The maximum length of a path in bytes, including its folders. Every file system allows this much.
const MAX_PATH: usize = 200;
const MAX_DEPTH: usize = 8;

/// The buffer size for unpacking, in bytes.
const BUFFER: usize = 64 * 1024;

/// Names of devices on Windows, with any extension.
const DEVICES: &[&str] = &[
    "CON", "PRN", "AUX", "NUL", "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT0",
    "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// A saved stem: one voice or instrument of a piece of music.
///
/// # Examples
///
/// ```
/// # fn example(stem: pollinations_ext::Stem) {
/// println!("{}: {} ({} bytes)", stem.name, stem.path.display(), stem.size);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stem {
    /// The name of the stem: the file name without its extension, such as `vocals`.
    pub name: String,
    /// The path of the file.
    pub path: PathBuf,
    /// The size in bytes.
    pub size: u64,
}

/// Downloads an archive and unpacks it into a folder.
pub(super) async fn unpack(archive: Download, folder: &Path, max_bytes: u64) -> Result<Vec<Stem>, Error> {
    let target = folder.to_owned();
    // The files are unpacked inside the target folder, so that the last step is a rename on the same file system.
    let begun = spawn_blocking(move || {
        fs::create_dir_all(&target)?;
        tempfile::Builder::new().prefix(".stems-").tempdir_in(&target)
    });
    let staging = begun.await.map_err(io::Error::other).flatten().map_err(|error| unwritten(folder, error))?;
    let packed = staging.path().join("stems.zip");
    receive(archive, &packed, max_bytes).await?;
    let target = folder.to_owned();
    let unpacked = spawn_blocking(move || extract(&packed, &staging, &target, max_bytes));
    unpacked.await.map_err(|error| Error::io("the stems cannot be unpacked", io::Error::other(error))).flatten()
}

/// Writes the archive to a file.
async fn receive(mut archive: Download, path: &Path, max_bytes: u64) -> Result<(), Error> {
    let failed = |error| unwritten(path, error);
    let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
    let mut received = 0_u64;
    while let Some(piece) = archive.next().await {
        let piece = piece?;
        received = received.saturating_add(piece.len() as u64);
        if received > max_bytes {
            return Err(too_large(max_bytes));
        }
        file.write_all(&piece).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)
}

/// Unpacks an archive next to it, and moves the files into the folder once all of them are complete.
fn extract(packed: &Path, staging: &TempDir, folder: &Path, max_bytes: u64) -> Result<Vec<Stem>, Error> {
    let file = File::open(packed).map_err(|error| unwritten(packed, error))?;
    let mut archive = ZipArchive::new(io::BufReader::new(file)).map_err(|error| damaged(&error))?;
    let paths = check(&mut archive, max_bytes)?;
    let inside = staging.path().join("unpacked");
    let mut left = max_bytes;
    let mut stems = Vec::new();
    for (index, path) in paths {
        let to = inside.join(&path);
        make_parent(&to)?;
        let mut entry = archive.by_index(index).map_err(|error| damaged(&error))?;
        let size = copy(&mut entry, &to, left).map_err(|stop| stop.into_error(&to, max_bytes))?;
        left -= size;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        stems.push((to, Stem { name, path: folder.join(path), size }));
    }
    for (from, stem) in &stems {
        make_parent(&stem.path)?;
        fs::rename(from, &stem.path).map_err(|error| unwritten(&stem.path, error))?;
    }
    Ok(stems.into_iter().map(|(_, stem)| stem).collect())
}

/// Checks the metadata of an archive before anything is unpacked. Returns the index and path of each file.
fn check<R: io::Read + io::Seek>(archive: &mut ZipArchive<R>, max_bytes: u64) -> Result<Vec<(usize, PathBuf)>, Error> {
    if archive.len() > MAX_ENTRIES {
        let message = format!("the archive has {} entries; the maximum is {MAX_ENTRIES}", archive.len());
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    // Many entries with the same data are how a small archive becomes large (D. Fifield, "A better zip bomb", 2019).
    if archive.has_duplicate_names() || archive.has_overlapping_entries().map_err(|error| damaged(&error))? {
        return Err(refused("two entries have the same name or share their data"));
    }
    let mut files = Vec::new();
    let mut names = HashSet::new();
    let mut declared = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| damaged(&error))?;
        let name = entry.name().map_err(|error| damaged(&error))?;
        let Some(path) = local(&name) else {
            let name = name.chars().take(100).collect::<String>();
            return Err(refused(&format!("the entry `{}` has a path that is not allowed", name.escape_debug())));
        };
        if entry.is_symlink() {
            return Err(refused("an entry is a link"));
        }
        // Some file systems are not case-sensitive.
        if !names.insert(path.to_string_lossy().to_lowercase()) {
            return Err(refused("two entries have the same name"));
        }
        declared = declared.saturating_add(entry.size());
        if declared > max_bytes {
            return Err(too_large(max_bytes));
        }
        if !entry.is_dir() {
            files.push((index, path));
        }
    }
    if files.is_empty() {
        return Err(refused("it is empty"));
    }
    Ok(files)
}

/// The path of an entry, if it stays inside a folder and means the same on every system.
fn local(name: &str) -> Option<PathBuf> {
    // A folder ends with a slash.
    let name = name.strip_suffix('/').unwrap_or(name);
    let segments: Vec<&str> = name.split('/').collect();
    let fits = name.len() <= MAX_PATH && segments.len() <= MAX_DEPTH;
    (fits && segments.iter().all(|segment| is_plain(segment))).then(|| segments.iter().collect())
}

fn is_plain(segment: &str) -> bool {
    let device = segment.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    !segment.is_empty()
        // These are `.` and `..` as well; Windows drops dots and spaces at the end.
        && !segment.ends_with(['.', ' '])
        && !segment.contains(['\\', ':', '*', '?', '"', '<', '>', '|'])
        && !segment.chars().any(char::is_control)
        && !DEVICES.contains(&device.as_str())
}

/// Why unpacking an entry stopped.
enum Stop {
    Read(io::Error),
    Write(io::Error),
    Limit,
}

impl Stop {
    fn into_error(self, path: &Path, max_bytes: u64) -> Error {
        match self {
            Self::Read(error) => damaged(&error),
            Self::Write(error) => unwritten(path, error),
            Self::Limit => too_large(max_bytes),
        }
    }
}

/// Unpacks an entry and returns its size in bytes. The bytes are counted, because the size in the archive may be
/// wrong.
fn copy(entry: &mut impl Read, path: &Path, limit: u64) -> Result<u64, Stop> {
    let mut file = File::create_new(path).map_err(Stop::Write)?;
    let mut buffer = vec![0; BUFFER];
    let mut written = 0_u64;
    loop {
        let length = match entry.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Stop::Read(error)),
        };
        written = written.saturating_add(length as u64);
        if written > limit {
            return Err(Stop::Limit);
        }
        file.write_all(buffer.get(..length).unwrap_or_default()).map_err(Stop::Write)?;
    }
    file.sync_data().map_err(Stop::Write)?;
    Ok(written)
}

fn make_parent(path: &Path) -> Result<(), Error> {
    let Some(parent) = path.parent() else { return Ok(()) };
    fs::create_dir_all(parent).map_err(|error| unwritten(parent, error))
}

fn unwritten(path: &Path, error: io::Error) -> Error {
    Error::io(format!("cannot write {}", path.display()), error)
}

fn too_large(limit: u64) -> Error {
    Error::new(ErrorKind::TooLarge, format!("the stems are larger than {limit} bytes"))
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Decode, format!("the archive of stems was rejected: {why}"))
}

/// The error of the archive reader. For a file system error, only its own message.
fn damaged(error: &(dyn std::error::Error + 'static)) -> Error {
    let why = match error.downcast_ref::<ZipError>() {
        Some(ZipError::Io(error)) => error.to_string(),
        _ => error.to_string(),
    };
    Error::new(ErrorKind::Decode, format!("the archive of stems is damaged or incomplete: {why}"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (name, content) in entries {
            writer.start_file(name, options).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// Extracts an archive. Returns the result, and the names of the files in the folder afterwards.
    fn extracted(bytes: &[u8], max_bytes: u64) -> (Result<Vec<Stem>, Error>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let outcome = {
            let staging = tempfile::tempdir_in(folder.path()).unwrap();
            let packed = staging.path().join("stems.zip");
            fs::write(&packed, bytes).unwrap();
            extract(&packed, &staging, folder.path(), max_bytes)
        };
        let mut found: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        (outcome, found)
    }

    #[test]
    fn files_are_extracted_with_their_names_and_sizes() {
        let bytes = archive(&[("vocals.mp3", b"la"), ("more/drums.mp3", b"boom")]);
        let (stems, found) = extracted(&bytes, 100);
        let stems = stems.unwrap();
        let told: Vec<(&str, u64)> = stems.iter().map(|stem| (stem.name.as_str(), stem.size)).collect();
        assert_eq!(told, [("vocals", 2), ("drums", 4)]);
        assert_eq!(found, ["more", "vocals.mp3"]);
        assert!(stems[1].path.ends_with("more/drums.mp3"), "{:?}", stems[1].path);
    }

    #[test]
    fn paths_outside_the_folder_and_unsafe_names_are_rejected() {
        for path in [
            "../a.mp3",
            "a/../../b.mp3",
            "/etc/a.mp3",
            "..",
            ".",
            "a//b.mp3",
            "C:a.mp3",
            "..\\a.mp3",
            "\\\\host\\a.mp3",
            "a\0b.mp3",
            "nul",
            "COM1.mp3",
            "a. ",
            "./a.mp3",
            "",
        ] {
            assert_eq!(local(path), None, "{path:?}");
        }
        assert_eq!(local(&"a/".repeat(20)), None);
        assert_eq!(local(&"a".repeat(300)), None);
        for path in ["vocals.mp3", "stems/vocals.mp3", "stems/", "Guitare électrique.mp3", "a..b.mp3", ".hidden"] {
            assert!(local(path).is_some(), "{path:?}");
        }
        for path in ["../a.mp3", "/etc/a.mp3", "a\\..\\b.mp3"] {
            let (outcome, found) = extracted(&archive(&[("vocals.mp3", b"la"), (path, b"x")]), 100);
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Decode, "{path}");
            assert!(found.is_empty(), "{path}: {found:?}");
        }
    }

    #[test]
    fn names_that_differ_only_in_case_are_rejected() {
        let (outcome, found) = extracted(&archive(&[("vocals.mp3", b"la"), ("Vocals.mp3", b"x")]), 100);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Decode);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_duplicate_name_is_rejected() {
        // The writer rejects duplicate names, so the test replaces one name in the finished archive.
        let bytes = archive(&[("vocals_a.mp3", b"la"), ("vocals_b.mp3", b"x")]);
        let (outcome, found) = extracted(&replaced(&bytes, b"vocals_b", b"vocals_a"), 100);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Decode);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn symbolic_links_are_rejected() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("vocals.mp3", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let (outcome, found) = extracted(&writer.finish().unwrap().into_inner(), 100);
        assert!(outcome.unwrap_err().to_string().contains("an entry is a link"));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn the_extracted_size_is_limited_whatever_the_archive_declares() {
        let bomb = archive(&[("vocals.mp3", &[0; 100_000])]);
        assert!(bomb.len() < 1000);
        assert!(extracted(&bomb, 100_000).0.is_ok());
        let (outcome, found) = extracted(&bomb, 99_999);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::TooLarge);
        assert!(found.is_empty(), "{found:?}");
        // The same with a wrong declared size: too large, and too small.
        for declared in [u32::MAX - 1, 10] {
            let forged = replaced(&bomb, &100_000_u32.to_le_bytes(), &declared.to_le_bytes());
            let (outcome, found) = extracted(&forged, 50_000);
            assert!(outcome.is_err(), "{declared}");
            assert!(found.is_empty(), "{declared}: {found:?}");
        }
        let names: Vec<String> = (0..65).map(|number| format!("{number}.mp3")).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        assert_eq!(extracted(&archive(&many), 100).0.unwrap_err().kind(), ErrorKind::TooLarge);
    }

    #[test]
    fn a_damaged_archive_leaves_no_files() {
        let content: Vec<u8> = (0..5000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let whole = archive(&[("vocals.mp3", b"la la"), ("drums.mp3", &content[..])]);
        for length in (0..whole.len()).step_by(97) {
            let (outcome, found) = extracted(&whole[..length], 100_000);
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Decode, "{length}");
            assert!(found.is_empty(), "{length}: {found:?}");
        }
        let mut flipped = whole.clone();
        let middle = whole.len() / 2;
        flipped[middle] ^= 0x55;
        let (outcome, found) = extracted(&flipped, 100_000);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Decode);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(extracted(&archive(&[]), 100).0.unwrap_err().kind(), ErrorKind::Decode);
    }

    /// The bytes with every occurrence of a pattern replaced by another of the same length.
    fn replaced(bytes: &[u8], pattern: &[u8], by: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let found: Vec<usize> = bytes
            .windows(pattern.len())
            .enumerate()
            .filter(|(_, window)| *window == pattern)
            .map(|(at, _)| at)
            .collect();
        assert!(!found.is_empty());
        for at in found {
            bytes[at..at + by.len()].copy_from_slice(by);
        }
        bytes
    }
}
