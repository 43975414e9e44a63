//! Saves a download to a file, completely or not at all.

use std::{
    fs::File,
    io::{self, Seek, Write},
    mem,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::task::{JoinError, spawn_blocking};

use super::Download;
use crate::base::error::Error;

/// The number of bytes to write at a time, while as many are being received. Each write wakes a thread.
const BATCH: usize = 1024 * 1024;

/// The maximum number of chunks to write at a time, even if they are small, because each may keep its whole receive
/// buffer alive.
const PIECES: usize = 256;

impl Download {
    /// Saves the download to a file and returns its size in bytes.
    ///
    /// The file appears when it is complete. If the download fails, no partial file is left, and an existing file is
    /// not changed. If the connection breaks, the download starts again from the beginning: see [`Download`].
    ///
    /// # Errors
    ///
    /// Same as [`write_to`](Self::write_to), and [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be written.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let image = pollinations.image("a cat").send().await?;
    /// let size = image.save("cat.jpg").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn save(mut self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        let operation = self.operation;
        let failed = |error| Error::io(format!("cannot write {}", path.display()), error).with_operation(operation);
        let folder = folder_of(path);
        // In the same folder, so that the last step is a rename.
        let temporary = ended(spawn_blocking(move || builder().tempfile_in(folder)).await).map_err(failed)?;
        // The path stays in this function, so that the temporary file is deleted if the caller drops the future.
        let (file, temporary) = temporary.into_parts();
        let mut writing = spawn_blocking(move || write(file, Vec::new()));
        let mut batch = Vec::new();
        let (mut waiting, mut written) = (0, 0);
        while let Some(piece) = self.piece().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => {
                    self.restart(error).await?;
                    let file = ended(writing.await).map_err(failed)?;
                    batch.clear();
                    (waiting, written) = (0, 0);
                    writing = spawn_blocking(move || emptied(file));
                    continue;
                }
            };
            written += piece.len() as u64;
            waiting += piece.len();
            batch.push(piece);
            if waiting >= BATCH || batch.len() >= PIECES {
                let file = ended(writing.await).map_err(failed)?;
                let pieces = mem::take(&mut batch);
                writing = spawn_blocking(move || write(file, pieces));
                waiting = 0;
            }
        }
        let file = ended(writing.await).map_err(failed)?;
        let target = path.to_owned();
        let naming = spawn_blocking(move || {
            // Rename the file only after the data is on disk. After a crash, an existing file is better than half of a
            // new one.
            write(file, batch)?.sync_data()?;
            temporary.persist(target).map_err(|error| error.error)
        });
        ended(naming.await).map_err(failed)?;
        Ok(written)
    }
}

/// Writes bytes to a file. The file appears when it is complete.
pub(crate) async fn write_whole(path: &Path, bytes: Bytes) -> Result<(), Error> {
    let target = path.to_owned();
    let writing = spawn_blocking(move || {
        let (file, temporary) = builder().tempfile_in(folder_of(&target))?.into_parts();
        write(file, vec![bytes])?.sync_data()?;
        temporary.persist(target).map_err(|error| error.error)
    });
    ended(writing.await).map_err(|error| Error::io(format!("cannot write {}", path.display()), error))
}

/// The folder of a file.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => ".".into(),
    }
}

/// Writes chunks without copying them.
fn write(mut file: File, pieces: Vec<Bytes>) -> io::Result<File> {
    for piece in pieces {
        file.write_all(&piece)?;
    }
    Ok(file)
}

/// Truncates a file to start again.
fn emptied(mut file: File) -> io::Result<File> {
    file.set_len(0)?;
    file.rewind()?;
    Ok(file)
}

/// Creates temporary files with the permissions of any other new file.
fn builder() -> tempfile::Builder<'static, 'static> {
    #[allow(unused_mut, reason = "only changed where there are permissions")]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask removes the permissions that the user does not want to give.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

/// The result of work on a separate thread.
fn ended<T>(outcome: Result<io::Result<T>, JoinError>) -> io::Result<T> {
    outcome.unwrap_or_else(|error| Err(io::Error::other(error)))
}
