//! Reads a mapping folder. Everything that is wrong in it is found in one reading.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use super::{
    ByName, Draft, Empty, From as Origin, Mapping, Query, Unmapped, ValueMap,
    draft::{Fed, Wanted, Wants},
    expression::{Mapped, Purpose, Reader, Source},
    folder::{Folder, inside},
    value_map::Sheet,
};
use crate::{
    document::{Document, Fault, Faults, Spanned, Table},
    spec::Release,
};

const MAPPING: &str = "mapping.toml";
const VERSION: i64 = 1;
const UNMAPPED: [(&str, Unmapped); 3] =
    [("block", Unmapped::Block), ("error", Unmapped::Error), ("blank", Unmapped::Blank)];

impl Mapping {
    /// Reads a mapping whose queries' columns are checked elsewhere, or not at all.
    pub fn load(folder: &Path, release: &Release) -> Result<Self, Faults> {
        Self::draft(folder, release)?.finish()
    }

    /// Reads a mapping folder for a release. The faults are kept in the draft, to be told together with those of the
    /// columns; only where `mapping.toml` cannot be read as TOML is there no draft.
    pub fn draft<'r>(folder: &Path, release: &'r Release) -> Result<Draft<'r>, Faults> {
        let mut folder = Folder::new(folder);
        let name = folder.name_of(MAPPING);
        let bytes = folder.read(MAPPING).map_err(|e| {
            let fault = Fault::of_file(name.as_str(), format!("cannot be read: {e}"));
            Faults::one(fault.with_help("name the folder that holds mapping.toml, and let this account read it"))
        })?;
        let document = Document::decode(name, bytes)?;
        let mut others = Faults::default();
        let (draft, mut faults) = document.read_toml_with_faults(|root| {
            Some(Loader { root, folder: &mut folder, release, faults: &mut others }.draft(&document))
        });
        faults.append(others);
        match draft {
            Some(mut draft) => {
                draft.mapping.files = folder.into_files();
                draft.faults = faults;
                Ok(draft)
            }
            None => Err(faults),
        }
    }
}

struct Loader<'a, 't, 'r> {
    root: &'a Table<'t>,
    folder: &'a mut Folder,
    release: &'r Release,
    /// Faults of the other files; those of `mapping.toml` go through its tables.
    faults: &'a mut Faults,
}

/// A value map on the way: without a sheet where its file cannot be read, so that expressions can still refer to it.
struct NamedSheet {
    name: String,
    file: String,
    unmapped: Unmapped,
    sheet: Option<Sheet>,
}

/// What a mapping says for all its queries.
struct Shared<'a> {
    fields: &'a [Mapped],
    worklist: Option<Source>,
}

impl<'r> Loader<'_, '_, 'r> {
    fn draft(mut self, document: &Document) -> Draft<'r> {
        self.head();
        let name = self.root.need_text("name");
        let sheets = self.sheets();
        let reader = Reader { release: self.release, maps: sheets.iter().map(|sheet| sheet.name.as_str()).collect() };
        let worklist = self.root.table("worklist");
        let worklist = worklist.and_then(|worklist| reader.source(&worklist, Some(Purpose::Worklist)));
        let shared = self.root.table("fields");
        let mut fed = Fed { place: shared.as_ref().map_or(0..0, Table::span), ..Fed::default() };
        let shared = shared.map(|table| reader.fields(&table)).unwrap_or_default();
        fed.note(&shared);
        let (queries, wants) =
            self.queries(&reader, &Shared { fields: &shared, worklist }, &mut fed).into_iter().unzip();
        drop(reader);
        self.check_sheets(&sheets, &fed);
        let mapping = Mapping {
            name: name.map(|name| name.value.to_owned()).unwrap_or_default(),
            folder: self.folder.path().to_owned(),
            maps: sheets.into_iter().map(ValueMap::from).collect(),
            queries,
            files: Vec::new(),
        };
        let (faults, doubts) = (Faults::default(), Faults::default());
        Draft { release: self.release, document: document.clone(), mapping, wants, fed, faults, doubts }
    }

    /// The version of the format, and the release that the mapping is for.
    fn head(&self) {
        let (root, document) = (self.root, self.root.document());
        match root.integer("version", 0..=i64::MAX) {
            Some(version) if version.value != VERSION => {
                let message = format!("version {} of mapping files is not known: write {VERSION}", version.value);
                root.fault_at(version.span, message);
            }
            None if !root.has("version") => {
                let fault = document.fault(root.span(), "'version' is missing here");
                root.fault(fault.with_help(format!("begin with: version = {VERSION}")));
            }
            _ => {}
        }
        if let Some(named) = root.need_text("release").filter(|named| named.value != self.release.id) {
            let fault = document.fault(named.span, format!("the mapping is for the release '{}'", named.value));
            root.fault(fault.with_help(format!("the release in use is '{}'", self.release.id)));
        }
    }

    fn sheets(&mut self) -> Vec<NamedSheet> {
        let default = self.root.word("unmapped", &UNMAPPED).unwrap_or(Unmapped::Error);
        let Some(maps) = self.root.table("maps") else { return Vec::new() };
        let mut sheets = Vec::new();
        for (name, value) in maps.entries() {
            let mut sheet =
                NamedSheet { name: name.value.to_owned(), file: String::new(), unmapped: default, sheet: None };
            if let Some(table) = maps.as_table(name.value, value) {
                let file = table.need_text("file").and_then(|file| path(&table, &file));
                sheet.unmapped = table.word("unmapped", &UNMAPPED).unwrap_or(default);
                table.finish();
                if let Some(file) = file {
                    let name = self.folder.name_of(&file.value);
                    let bytes = self.read(&table, &file);
                    sheet.sheet = bytes.and_then(|bytes| Sheet::read(&name, &bytes, self.faults));
                    sheet.file = file.value;
                }
            }
            sheets.push(sheet);
        }
        sheets
    }

    /// Compares each value map with the list of every field that uses it.
    fn check_sheets(&mut self, sheets: &[NamedSheet], fed: &Fed) {
        for (place, named) in sheets.iter().enumerate() {
            let Some(sheet) = &named.sheet else { continue };
            let fields = fed.by_map.iter().filter(|(map, _)| *map == place);
            let lists: BTreeMap<_, _> = fields
                .filter_map(|(_, field)| self.release.list(*field))
                .map(|list| (list.name.as_str(), list))
                .collect();
            for list in lists.values() {
                sheet.check(list, self.faults);
            }
        }
    }

    /// The queries that can be asked for their columns. The fields of all are noted as fed.
    fn queries(&mut self, reader: &Reader<'_>, shared: &Shared<'_>, fed: &mut Fed) -> Vec<(Query, Wants)> {
        let Some(queries) = self.root.need_table("query") else { return Vec::new() };
        let entries = queries.entries();
        if entries.is_empty() {
            queries.fault_at(queries.span(), "there is no query: add a table [query.NAME]");
        }
        let read = entries.into_iter().filter_map(|(name, value)| {
            let table = queries.as_table(name.value, value)?;
            self.query(&table, &name, reader, shared, fed)
        });
        read.collect()
    }

    fn query(
        &mut self,
        table: &Table<'_>,
        name: &Spanned<&str>,
        reader: &Reader<'_>,
        shared: &Shared<'_>,
        fed: &mut Fed,
    ) -> Option<(Query, Wants)> {
        let sql = table.need_text("file").and_then(|file| self.sql(table, &file));
        let source = table.need_text("source");
        let outside = table.texts("outside").unwrap_or_default();
        let key = table.need_text("key");
        let by_name = table.boolean("by_name").unwrap_or(false);
        let may_be_empty = table.boolean("may_be_empty").unwrap_or(false);
        let leave_out = table.table("leave_out").map(|leave_out| reader.source(&leave_out, Some(Purpose::LeaveOut)));
        let worklist = table.table("worklist").map(|worklist| reader.source(&worklist, Some(Purpose::Worklist)));
        let worklist = worklist.unwrap_or_else(|| shared.worklist.clone());
        let own = table.table("fields").map(|fields| reader.fields(&fields)).unwrap_or_default();
        table.finish();
        fed.note(&own);
        if by_name {
            fed.unseen.insert(name.value.to_owned());
        }
        for twice in own.iter().filter(|own| shared.fields.iter().any(|shared| shared.field == own.field)) {
            mapped_twice(table, twice, shared.fields);
        }
        let leave_out = leave_out.flatten();
        let key = key?;
        let named = |column: &Spanned<String>| Wanted { column: column.clone(), feeds: None };
        let mut columns = vec![named(&Spanned { span: key.span, value: key.value.to_owned() })];
        columns.extend(leave_out.iter().chain(&worklist).flat_map(|source| &source.columns).map(named));
        let mut fields = BTreeMap::new();
        for mapped in own.iter().chain(shared.fields) {
            if let Some(source) = &mapped.source {
                // What is put together of several columns is a text, whatever their types.
                let feeds = Some(mapped.field).filter(|_| !matches!(source.expression.from, Origin::Join(..)));
                columns.extend(source.columns.iter().map(|column| Wanted { column: column.clone(), feeds }));
                fields.insert(mapped.field, source.expression.clone());
            }
        }
        let (file, sql) = sql?;
        let query = Query {
            name: name.value.to_owned(),
            file,
            sql,
            source: source?.value.to_owned(),
            outside: outside.into_iter().map(|name| name.value.to_owned()).collect(),
            key: key.value.to_owned(),
            leave_out: leave_out.map(|source| source.expression),
            worklist: worklist.map(|source| source.expression),
            fields: fields.into_iter().collect(),
            by_name: if by_name { ByName::Yes } else { ByName::No },
            empty: if may_be_empty { Empty::Allowed } else { Empty::Refused },
        };
        Some((query, Wants { columns, place: name.span.clone() }))
    }

    /// A query's file and its text: an `.sql` file of the folder, or a `.csv` file that the source will look for.
    fn sql(&mut self, table: &Table<'_>, written: &Spanned<&str>) -> Option<(PathBuf, String)> {
        let file = path(table, written)?;
        let extension = file.value.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        match extension.as_deref() {
            Some("csv") => Some((file.value.into(), String::new())),
            Some("sql") => {
                let name = self.folder.name_of(&file.value);
                let bytes = self.read(table, &file)?;
                let sql = self.faults.keep(Document::decode(name.as_str(), bytes))?;
                if sql.text().trim().is_empty() {
                    self.faults.push(Fault::of_file(name, "holds no query"));
                }
                Some((file.value.into(), sql.text().to_owned()))
            }
            _ => {
                let fault = table.document().fault(file.span, format!("'{}' is no query", file.value));
                table.fault(fault.with_help("name an .sql file, or a .csv file where the source is a folder of files"));
                None
            }
        }
    }

    /// The bytes of a file that `mapping.toml` names.
    fn read(&mut self, table: &Table<'_>, file: &Spanned<String>) -> Option<Vec<u8>> {
        let error = match self.folder.read(&file.value) {
            Ok(bytes) => return Some(bytes.to_vec()),
            Err(error) => error,
        };
        let fault = |message: String| table.document().fault(file.span.clone(), message);
        table.fault(match error.kind() {
            io::ErrorKind::NotFound => {
                let fault = fault(format!("the mapping folder has no file '{}'", file.value));
                match self.folder.near(&file.value) {
                    Some(near) => fault.with_help(format!("did you mean '{near}'?")),
                    None => fault,
                }
            }
            _ => fault(format!("'{}' cannot be read: {error}", file.value)),
        });
        None
    }
}

impl From<NamedSheet> for ValueMap {
    fn from(named: NamedSheet) -> Self {
        let entries = named.sheet.map(|sheet| sheet.entries).unwrap_or_default();
        Self { name: named.name, file: named.file, unmapped: named.unmapped, entries }
    }
}

/// A path that `mapping.toml` names, unless it leaves the folder.
fn path(table: &Table<'_>, written: &Spanned<&str>) -> Option<Spanned<String>> {
    let path = inside(written.value);
    if path.is_none() {
        let message = format!("'{}' is not a file inside the folder", written.value);
        let fault = table.document().fault(written.span.clone(), message);
        table.fault(fault.with_help("write its path from the folder on, such as sql/requests.sql"));
    }
    Some(Spanned { span: written.span.clone(), value: path? })
}

/// Tells of a field that a query maps although all queries share it.
fn mapped_twice(table: &Table<'_>, own: &Mapped, shared: &[Mapped]) {
    let first = shared.iter().find(|shared| shared.field == own.field);
    let line = first.map_or(0, |first| table.document().position(first.place.start).0);
    let message = format!("'{}' is mapped twice; line {line} maps it for all queries", own.field);
    table.fault(table.document().fault(own.place.clone(), message).with_help("keep one of them"));
}
