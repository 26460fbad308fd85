//! The row loop allocates nothing per cell.
#![expect(unsafe_code, reason = "an allocator that counts must be one")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    error::Error,
    io,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use cld_agent::{
    demo::{self, Condition, DemoCouncil},
    mapping::Mapping,
    run::Outputs,
    source::Sqlite,
    spec::Release,
};

#[path = "support/main_job.rs"]
mod main_job;

/// The system's allocator, and how often it was asked.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps to the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from `alloc` above, and so from the system.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as for `dealloc`.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Rows written for a demo council, and allocations made meanwhile.
fn count(people: u32) -> Result<(u64, u64), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("council.db");
    let condition = Condition::Sound;
    demo::build(&DemoCouncil { people, seed: 1, period: main_job::period()?, condition }, &path)?;
    let release = Release::embedded()?;
    let mapping = Mapping::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/demo"), &release)?;
    let nowhere = Outputs { upload: Some(io::sink()), findings: io::sink(), left_out: io::sink(), index: None };
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let (rows, _) = main_job::run(&release, &mapping, &mut Sqlite::new(&path), nowhere)?;
    Ok((rows, ALLOCATIONS.load(Ordering::Relaxed) - before))
}

#[test]
fn more_rows_need_hardly_more_allocations() -> Result<(), Box<dyn Error>> {
    let (few_rows, few) = count(50)?;
    let (many_rows, many) = count(2_000)?;
    let per_row = many.saturating_sub(few) as f64 / (many_rows - few_rows) as f64;
    // One allocation for a single cell of each row would make 1; buffers that grow to their size make some hundredths.
    assert!(per_row < 0.2, "{per_row} allocations for each of {many_rows} rows");
    println!("{per_row:.3} allocations a row");
    Ok(())
}
