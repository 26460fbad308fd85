//! Where a secret is, and how it is fetched. The secret itself never stands in a configuration, a message or a log.

use std::{
    fmt, io,
    io::Write,
    path::{Path, PathBuf},
    str::FromStr,
};

use secrecy::{ExposeSecret, SecretBox, SecretString, zeroize::Zeroizing};

use crate::sys::hash::hex;

/// Where a secret is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretRef {
    /// In an environment variable.
    Env(String),
    /// In a file, of which a line end behind the secret is not part.
    File(PathBuf),
    /// With systemd, which hands it to the service alone (`LoadCredential=`), under this name.
    Credential(String),
}

/// Where systemd puts the credentials of a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or is not text.
    #[error("find a secret in the environment variable {0}: set it for the account of the agent")]
    NotSet(String),
    /// systemd has handed no credentials to this process.
    #[error(
        "find the credential {0}: systemd has handed none to this process; only the service has them (docs/install-linux.md)"
    )]
    NoCredentials(String),
    /// The file cannot be read.
    #[error("read the secret in {}: check the path and that the account of the agent may read it", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// Everybody may read the file.
    #[error("trust the secret in {}: everybody on this machine may read it; take that right away (chmod o= FILE)", .0.display())]
    Exposed(PathBuf),
    /// There is nothing in it.
    #[error("use the secret in {0}: it is empty")]
    Empty(SecretRef),
    /// It is not an index key.
    #[error(
        "use the index key in {0}: it is not 64 hexadecimal digits; restore it, or remove it to have a new one made"
    )]
    NotAKey(SecretRef),
    /// The machine gives no random bytes.
    #[error("make an index key: this machine gives no random numbers")]
    Random(#[source] getrandom::Error),
    /// The new key cannot be kept.
    #[error("write a new index key to {}: check that the folder exists and that the agent may write there", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Credential(name) => write!(f, "the credential {name}"),
        }
    }
}

/// As the command line writes it: `env:NAME`, `file:PATH` or `credential:NAME`.
impl FromStr for SecretRef {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("credential", name)) if !name.is_empty() => Ok(Self::Credential(name.to_owned())),
            // What was written may be the secret itself, and is not repeated.
            _ => {
                Err("say where the secret is, as env:NAME, file:PATH or credential:NAME; never write the secret itself")
            }
        }
    }
}

impl SecretRef {
    /// As the configuration writes it.
    pub fn as_toml(&self) -> String {
        let (key, value) = match self {
            Self::Env(name) => ("env", name.clone()),
            Self::File(path) => ("file", path.display().to_string()),
            Self::Credential(name) => ("credential", name.clone()),
        };
        format!("{{ {key} = {} }}", toml::Value::String(value))
    }

    /// Fetches the secret.
    pub fn resolve(&self) -> Result<SecretString, SecretError> {
        self.resolve_in(|name| std::env::var(name).ok())
    }

    fn resolve_in(&self, variable: impl Fn(&str) -> Option<String>) -> Result<SecretString, SecretError> {
        let secret = match self {
            Self::Env(name) => {
                variable(name).map(SecretString::from).ok_or_else(|| SecretError::NotSet(name.clone()))?
            }
            Self::File(path) => read(path)?,
            // Who else may read it is systemd's to see to: only the service's account is let into the folder.
            Self::Credential(name) => match variable(CREDENTIALS) {
                Some(folder) => text(&Path::new(&folder).join(name))?,
                None => return Err(SecretError::NoCredentials(name.clone())),
            },
        };
        if secret.expose_secret().is_empty() { Err(SecretError::Empty(self.clone())) } else { Ok(secret) }
    }
}

fn read(path: &Path) -> Result<SecretString, SecretError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let seen = std::fs::metadata(path).map_err(|e| SecretError::Read(path.to_owned(), e))?;
        if seen.permissions().mode() & 0o007 != 0 {
            return Err(SecretError::Exposed(path.to_owned()));
        }
    }
    text(path)
}

fn text(path: &Path) -> Result<SecretString, SecretError> {
    let text = std::fs::read_to_string(path).map_err(|e| SecretError::Read(path.to_owned(), e))?;
    let text = Zeroizing::new(text);
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    Ok(SecretString::from(secret.strip_suffix('\r').unwrap_or(secret)))
}

/// The key of the agent's own indexes: without it, a pseudonym in them can't be turned back by trying identifiers.
pub struct IndexKey(SecretBox<[u8; 32]>);

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey(***)")
    }
}

impl IndexKey {
    /// Fetches the key. A file that does not exist is made, with a random key that only this account may read.
    pub fn obtain(at: &SecretRef) -> Result<Self, SecretError> {
        if let SecretRef::File(path) = at
            && !path.exists()
        {
            make(path)?;
        }
        let text = at.resolve()?;
        let bytes = from_hex(text.expose_secret()).ok_or_else(|| SecretError::NotAKey(at.clone()))?;
        Ok(Self(SecretBox::new(Box::new(bytes))))
    }

    /// A random key that is kept nowhere.
    pub fn random() -> Result<Self, SecretError> {
        let mut bytes = Box::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(SecretError::Random)?;
        Ok(Self(SecretBox::new(bytes)))
    }

    /// The bytes, for a keyed hash.
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

fn make(path: &Path) -> Result<(), SecretError> {
    let failed = |e| SecretError::Write(path.to_owned(), e);
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(SecretError::Random)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let text = Zeroizing::new(hex(bytes.as_ref()));
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        // Another run made one in the meantime: that is the key.
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(failed(e.error)),
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let mut bytes = [0; 32];
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "correct horse";

    #[expect(clippy::disallowed_methods, reason = "a file that a person would write")]
    fn file_with(text: &str, mode: u32) -> (tempfile::TempDir, SecretRef) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        (folder, SecretRef::File(path))
    }

    #[test]
    fn the_line_end_behind_a_secret_is_not_part_of_it() {
        for text in ["correct horse", "correct horse\n", "correct horse\r\n"] {
            let (_folder, at) = file_with(text, 0o640);
            assert_eq!(at.resolve().unwrap().expose_secret(), SECRET);
        }
        let (_folder, at) = file_with(" correct horse \n\n", 0o600);
        assert_eq!(at.resolve().unwrap().expose_secret(), " correct horse \n");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_everybody_may_read_is_not_trusted() {
        let (_folder, at) = file_with(SECRET, 0o604);
        assert!(matches!(at.resolve(), Err(SecretError::Exposed(_))));
    }

    #[test]
    fn a_secret_that_is_not_there_is_told_by_its_place() {
        let at = SecretRef::Env("CLD_PASSWORD".to_owned());
        let told = at.resolve_in(|_| None).unwrap_err().to_string();
        assert_eq!(told, "find a secret in the environment variable CLD_PASSWORD: set it for the account of the agent");
        assert!(matches!(at.resolve_in(|_| Some(String::new())), Err(SecretError::Empty(_))));
        assert_eq!(at.resolve_in(|_| Some(SECRET.to_owned())).unwrap().expose_secret(), SECRET);
        assert!(matches!(SecretRef::File("no/such/file".into()).resolve(), Err(SecretError::Read(..))));
    }

    #[test]
    fn a_credential_is_read_where_systemd_has_put_it_and_nowhere_else() {
        let (folder, _) = file_with("correct horse\n", 0o604);
        let at = SecretRef::Credential("password".to_owned());
        let handed = |name: &str| (name == CREDENTIALS).then(|| folder.path().display().to_string());
        assert_eq!(at.resolve_in(handed).unwrap().expose_secret(), SECRET);
        assert!(matches!(SecretRef::Credential("other".to_owned()).resolve_in(handed), Err(SecretError::Read(..))));
        let told = at.resolve_in(|_| None).unwrap_err().to_string();
        assert!(told.starts_with("find the credential password: systemd has handed none"), "{told}");
    }

    #[test]
    fn a_secret_is_never_printed() {
        let (_folder, at) = file_with(SECRET, 0o600);
        let secret = at.resolve().unwrap();
        for text in [format!("{secret:?}"), format!("{at:?}"), at.to_string()] {
            assert!(!text.contains(SECRET), "{text}");
        }
        assert!(at.to_string().ends_with("password"), "where it is may be said");
    }

    #[test]
    fn an_index_key_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.key");
        let at = SecretRef::File(path.clone());
        let first = IndexKey::obtain(&at).unwrap();
        let second = IndexKey::obtain(&at).unwrap();
        assert_eq!(first.bytes(), second.bytes());
        assert_ne!(first.bytes(), &[0; 32]);
        assert_eq!(format!("{first:?}"), "IndexKey(***)");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_index_key_is_refused_not_replaced() {
        let (_folder, at) = file_with("abc", 0o600);
        assert!(matches!(IndexKey::obtain(&at), Err(SecretError::NotAKey(_))));
        assert_eq!(at.resolve().unwrap().expose_secret(), "abc");
    }
}
