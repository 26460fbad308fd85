//! # cld-agent
//!
//! Every English council with adult social services sends the centre its Adult Social Care Client Level Data each quarter:
//! one CSV file with a row for each request, assessment, service and review of a rolling year, in 50 national fields and
//! national code lists. This program makes that file. It is for the council's IT officer, who runs it, and the data team,
//! who keep the mapping and read the report: **rows come in from a case-management database, become Release 1 records, are
//! checked, and leave as a package that a council can submit, with nothing half-done and nobody's data in a log.**
//!
//! ```text
//!    cli ─▶ config ─▶ lock ─▶ source ─rows─▶ shape ─records─▶ check ─findings─▶ write ─▶ read back ─▶ policy ─▶ stage
//!   (demo)               │       ▲             ▲                ▲                 │                     │         │
//!                        │    mapping       mapping            spec               ▼                  Release,  manifest,
//!                        │   (sql/)      (toml, values/)  (release-1.toml)  upload file, .gz,        or Hold   evidence,
//!                        │                                                  findings, left out       report    rename
//!                        └──────────────── ledger (SQLite): runs, packages, how each field fared ◀────────────────┘
//! ```
//!
//! Reading, shaping with checking, writing, and compressing each have a thread of their own; batches of rows go round
//! between them through bounded queues, so that no record is kept: of each row there stay only the hashes, days and codes, at
//! most 55 bytes, by which [`check`] looks across rows at the end. [`run`] is the only place that puts the stages together;
//! [`demo`] makes a fictional council for it to run on, [`init`] sets up a real one, and [`doctor`] tries beforehand what it stands
//! on.
//!
//! # What each stage promises
//!
//! | stage | promise |
//! | --- | --- |
//! | [`config`], [`mapping`], [`spec`] | everything that is wrong in a hand-written file is told at once, with file, line, column and the nearest known name, before the first row is read |
//! | [`schedule`] | what is due is a pure function of now, a plan and the ledger: no turn is lost, none is had twice |
//! | [`source`] | read only, one snapshot for all queries, all rows or an error |
//! | [`shape`] | one row gives one record by a plan compiled before the first row; nothing is guessed, and what is altered is noted |
//! | [`check`] | a fault of the data is a finding, never an error; what is not confirmed about the national rules may ask, never fail |
//! | [`answers`] | what people answered to findings is remembered and shown, lapses with the value, and hides nothing |
//! | [`compare`] | what is missing against the last submission is said, from pseudonyms alone; with nothing to compare with, *not run* |
//! | [`mod@write`] | the upload file exactly as the portal wants it, the same bytes for the same rows, read back by a reader that shares nothing with the writer |
//! | [`report`] | one account, told as a page, as text and as JSON; counts and rules, nobody's data |
//! | [`central`] | where the portal or the dashboard says otherwise than the check, by rule, so that rules can be mended |
//! | [`run::decide`] | Release, or Hold with reasons: a pure function of what was found |
//! | [`stage`] | the package appears in one rename, complete and verified, under `staging/` or under `held/`; it never changes again |
//! | [`custody`] | what becomes of a package follows from where it stands; its folder follows the ledger, whatever happens in between |
//! | [`ledger`] | every run, every package and every alert, in transactions |
//! | [`unattended`] | every turn of a plan once, whoever was switched off or killed; and nobody is told nothing |
//! | [`service`] | whoever started it knows how it is, and gets it to stop within ten seconds |
//! | [`page`] | how things stand, for the browser of this machine and for monitoring; it changes nothing and runs no script |
//! | [`retention`] | what is old enough goes, with a line of the audit trail; what is needed, retained or not warned of stays |
//! | [`backup`] | an installation in one encrypted file, whole or not at all; out of it only where nothing is, and never at work twice |
//! | [`logs`] | what happened, in a dozen lines a run, from this program alone; never a value, not even in a panic |
//! | [`support`] | whoever helps sees versions, settings, counts and logs, and nothing of anybody's |
//! | [`notify`] | what somebody must hear of is queued before it is sent, reaches them at least once, and holds nobody's data |
//! | [`desk`] | whoever may not log on finds a verified copy on a share, or none; nothing there is believed that cannot be |
//!
//! Each stage hands a type of its own to the next, which accepts only that: what was not read back cannot be sealed, and
//! what was not sealed cannot be published. Whatever fails on the way ends the run with one message and one code of
//! [`exit`], and leaves the staging folder as it was.
//!
//! # Where things are
//!
//! Modules stand below in the order in which data meets them. Imports flow one way:
//!
//! `model ← {spec, schedule} ← {config, mapping} ← source ← {shape, check} ← {answers, compare} ← {write, report, central} ← stage ← ledger ← custody ← {run, notify} ← {backup, demo, init, desk, doctor, retention, logs} ← support ← unattended ← page ← service ← cli ← docs`
//!
//! [`document`] (hand-written files and their faults), [`sys`] (files, locks, hashes, the clock) and [`exit`] may be used by
//! all. `check` never imports `source`. Nothing imports [`docs`], which writes the reference pages of `docs/` from the
//! same tables that the program runs on, and nothing but it and `main` imports `cli`.

pub mod cli;

pub mod service;

pub mod page;

pub mod unattended;

pub mod demo;

pub mod init;

pub mod doctor;

pub mod support;

pub mod logs;

pub mod backup;

pub mod retention;

pub mod desk;

pub mod run;

pub mod custody;

pub mod notify;

pub mod schedule;

pub mod config;

pub mod mapping;

pub mod source;

pub mod shape;

pub mod spec;

pub mod check;

pub mod answers;

pub mod compare;

pub mod write;

pub mod report;

pub mod central;

pub mod stage;

pub mod ledger;

pub mod model;

pub mod document;

pub mod sys;

pub mod exit;

pub mod docs;
