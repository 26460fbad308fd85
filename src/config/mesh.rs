//! Where a package is placed for MESH, if it is.

use std::path::{Path, PathBuf};

use super::read::{filled, path};
use crate::document::Table;

/// An outbox of a MESH client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mesh {
    /// The client's folder for what is to be sent.
    pub folder: PathBuf,
    /// The council's own mailbox.
    pub mailbox: String,
    /// The id of the specification on the portal: 32 hexadecimal digits.
    pub specification: String,
    /// Whether packages that were made for trying out are placed too.
    pub test_packages: bool,
}

pub(super) fn mesh(table: &Table<'_>, folder: &Path) -> Option<Mesh> {
    let place = path(table, "folder", folder);
    let mailbox = filled(table, table.text("mailbox"), "mailbox");
    let specification = table.text("specification");
    let test_packages = table.boolean("test_packages");
    table.finish();
    if let Some(id) = &specification
        && !(id.value.len() == 32 && id.value.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        let fault = table.document().fault(id.span.clone(), "'specification' is not an id of the portal");
        table.fault(fault.with_help("it has 32 hexadecimal digits; ask agem.adultsocialcare@nhs.net for it"));
        return None;
    }
    if let Some(name) = &mailbox
        && !name.value.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        table.fault_at(name.span.clone(), "'mailbox' has letters and digits only, such as X26OT001");
        return None;
    }
    match (place, mailbox, specification) {
        (None, None, None) => None,
        (Some(folder), Some(mailbox), Some(specification)) => Some(Mesh {
            folder,
            mailbox: mailbox.value.to_owned(),
            specification: specification.value.to_ascii_lowercase(),
            test_packages: test_packages?,
        }),
        _ => {
            table.fault_at(table.span(), "'folder', 'mailbox' and 'specification' are given together, or none of them");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn read(text: &str) -> Result<Option<Mesh>, String> {
        let read = Document::new("agent.toml", text).read_toml(|root| Some(mesh(root, Path::new("/srv"))));
        read.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    const ID: &str = "0123456789ABCDEF0123456789abcdef";

    #[test]
    fn an_outbox_is_given_whole_or_not_at_all() {
        assert_eq!(read("test_packages = false"), Ok(None));
        let whole = format!("test_packages = false\nfolder = 'out'\nmailbox = 'X26OT001'\nspecification = '{ID}'");
        let mesh = read(&whole).unwrap().unwrap();
        assert_eq!((mesh.folder, mesh.specification), (PathBuf::from("/srv/out"), ID.to_ascii_lowercase()));
        for (broken, what) in [
            (whole.replace("mailbox = 'X26OT001'", ""), "given together"),
            (whole.replace(ID, "0123"), "32 hexadecimal digits"),
            (whole.replace("X26OT001", "<X26>"), "letters and digits only"),
        ] {
            assert!(read(&broken).unwrap_err().contains(what), "{broken}");
        }
    }
}
