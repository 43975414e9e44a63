//! Saving to a file, whole or not at all.

use std::{io, path::Path};

use super::Download;
use crate::error::Error;

impl Download {
    /// Saves everything to a file and returns how many bytes it was.
    ///
    /// The file appears when it is complete; a broken download leaves nothing behind, and what was at the path before
    /// stays as it was.
    ///
    /// # Errors
    ///
    /// As [`write_to`](Self::write_to), and [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be written.
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
    pub async fn save(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        let operation = self.operation;
        let failed = |error| Error::io(format!("cannot write {}", path.display()), error).with_operation(operation);
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => ".".into(),
        };
        // In the same folder, so that the last step is a rename.
        let temporary = blocking(move || builder().tempfile_in(folder)).await.map_err(failed)?;
        let (file, temporary) = temporary.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        let written = self.write_to(&mut file).await?;
        file.sync_data().await.map_err(failed)?;
        let target = path.to_owned();
        blocking(move || temporary.persist(target).map_err(|error| error.error)).await.map_err(failed)?;
        Ok(written)
    }
}

/// Temporary files with the permissions of any other new file.
fn builder() -> tempfile::Builder<'static, 'static> {
    #[allow(unused_mut, reason = "only changed where there are permissions")]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask takes away what the user does not want to give.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(io::Error::other(error)),
    }
}
