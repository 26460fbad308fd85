use std::{collections::BTreeMap, fs};

use super::*;
use crate::{config::SourceKind, mapping::Mapping, schedule::Cadence, spec::Release, sys::fs::write_whole};

fn csv() -> Answers {
    Answers {
        council: "Sunderland City Council".to_owned(),
        la_code: "110".to_owned(),
        source: SourceAnswer::Csv { folder: "extracts".to_owned() },
        starter: Starter::CsvFolder,
        data_dir: "data".to_owned(),
        plan: PlanAnswer::Quarterly(Time::constant(6, 0, 0, 0)),
        told: ToldAnswer::Nobody,
        status_page: PageAnswer::None,
    }
}

fn database(login: LoginAnswer) -> Answers {
    Answers {
        source: SourceAnswer::SqlServer {
            host: "sql01.council.example".to_owned(),
            server: ServerAnswer::Instance("LIVE".to_owned()),
            database: "Care".to_owned(),
            login,
        },
        starter: Starter::StagingContract,
        plan: PlanAnswer::Monthly(Time::constant(5, 30, 0, 0)),
        told: ToldAnswer::Mail(MailAnswer {
            host: "relay.council.example".to_owned(),
            security: "starttls",
            from: "cld-agent@council.example".to_owned(),
            to: vec!["it@council.example".to_owned(), "data@council.example".to_owned()],
        }),
        status_page: PageAnswer::Port(8730),
        ..csv()
    }
}

fn sql() -> LoginAnswer {
    LoginAnswer::Sql { user: "cld_agent".to_owned(), password: SecretRef::Env("CLD_SQL_PASSWORD".to_owned()) }
}

#[test]
fn the_configuration_of_a_csv_folder_says_what_each_setting_is_for() {
    insta::assert_snapshot!(configuration(&csv()).unwrap());
}

#[test]
fn the_configuration_of_a_database_says_where_secrets_are() {
    insta::assert_snapshot!(configuration(&database(sql())).unwrap());
}

#[test]
fn whatever_is_answered_is_read_back_as_it_was_meant() {
    let entra = LoginAnswer::Entra {
        tenant: "00000000-0000-0000-0000-000000000000".to_owned(),
        client_id: "11111111-0000-0000-0000-000000000000".to_owned(),
        client_secret: SecretRef::File("secret".into()),
    };
    let odd = Answers {
        council: "Council \"of\" the North \\ West".to_owned(),
        data_dir: r"D:\CLD data".to_owned(),
        plan: PlanAnswer::None,
        ..csv()
    };
    for answers in [csv(), odd, database(sql()), database(LoginAnswer::Windows), database(entra)] {
        let read = match settings(&answers, Path::new("")) {
            Ok(read) => read,
            // The account of the service is nobody to a server where there is no Windows.
            Err(_) if !cfg!(windows) && format!("{answers:?}").contains("login: Windows") => continue,
            Err(error) => panic!("{error}"),
        };
        assert_eq!((read.council.name, read.council.la_code), (answers.council.clone(), answers.la_code.clone()));
        assert_eq!(read.agent.data_dir, PathBuf::from(&answers.data_dir));
        assert_eq!(read.notify.channels.len(), usize::from(answers.told != ToldAnswer::Nobody));
        let listen = match answers.status_page {
            PageAnswer::Port(port) => Some(format!("127.0.0.1:{port}")),
            PageAnswer::None => None,
        };
        assert_eq!(read.status_page.listen.map(|listen| listen.to_string()), listen);
        let submission = &read.submissions[0];
        assert_eq!(submission.plans.len(), if answers.plan == PlanAnswer::None { 0 } else { 2 });
        let (name, source) = submission.sources.first_key_value().unwrap();
        assert_eq!(name, Starter::source_name(&answers.source));
        let csv = matches!(source.kind, SourceKind::Csv { .. });
        assert_eq!(csv, matches!(answers.source, SourceAnswer::Csv { .. }));
    }
}

#[test]
fn every_starter_fits_the_release_and_its_source_as_it_is_laid_down() {
    let release = Release::embedded().unwrap();
    for answers in [csv(), database(sql())] {
        for starter in Starter::fitting(&answers.source) {
            let folder = tempfile::tempdir().unwrap();
            let made = set_up(&Answers { starter: *starter, ..answers.clone() }, folder.path()).unwrap();
            let draft = Mapping::draft(&made.mapping, &release).unwrap_or_else(|faults| panic!("{faults}"));
            let source = Starter::source_name(&answers.source);
            assert!(draft.queries().iter().all(|query| query.source == source), "{}", starter.name());
            assert!(made.mapping.join("README.md").exists());
        }
    }
}

#[test]
fn a_return_of_every_month_has_a_timetable_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let made = set_up(&database(sql()), folder.path()).unwrap();
    let read = Settings::open(&made.configuration, &BTreeMap::new()).unwrap();
    assert_eq!(read.submissions[0].timetable().unwrap().rule().cadence, Cadence::Monthly);
}

#[test]
fn nothing_that_exists_is_overwritten_and_nothing_is_left_behind() {
    for name in [CONFIGURATION, MAPPING, TIMETABLE] {
        let folder = tempfile::tempdir().unwrap();
        write_whole(&folder.path().join(name), b"mine").unwrap();
        assert!(matches!(set_up(&csv(), folder.path()), Err(InitError::Exists(path)) if path.ends_with(name)));
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [name]);
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"mine");
    }
}

#[test]
fn answers_that_make_no_configuration_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = Answers { la_code: "1".to_owned(), ..csv() };
    assert!(matches!(set_up(&wrong, folder.path()), Err(InitError::Answers(_))));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn only_what_was_set_up_stands_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("new/folder");
    let made = set_up(&csv(), &below).unwrap();
    let mut left: Vec<_> = fs::read_dir(&below).unwrap().map(|entry| entry.unwrap().path()).collect();
    left.sort();
    assert_eq!(left, [made.configuration, made.mapping]);
}
