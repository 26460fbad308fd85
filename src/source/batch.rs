//! Rows on their way from a source: one buffer for the text of many cells.

/// A batch of rows as the source gave them, as UTF-8 text, blank for NULL. All buffers are kept when the batch is used
/// again, so that reading allocates nothing per cell.
///
/// Shape: `rows × columns` cells in row order, their texts one after another in one buffer.
#[derive(Debug, Default)]
pub struct RawBatch {
    /// Which query of the mapping the rows come from.
    pub query: usize,
    /// The place of the first row among the query's rows, from 0.
    pub first_row: u64,
    columns: usize,
    text: Vec<u8>,
    /// Where the first cell begins, and where each cell ends.
    ends: Vec<u32>,
}

/// Where the cells of one row lie in [`RawBatch::text`].
#[derive(Clone, Copy, Debug)]
pub struct RowSpans<'b>(&'b [u32]);

impl RowSpans<'_> {
    /// Where a column's cell lies.
    #[inline]
    pub fn cell(self, column: usize) -> std::ops::Range<usize> {
        self.0[column] as usize..self.0[column + 1] as usize
    }
}

impl RawBatch {
    /// A batch is full at this many rows …
    pub const FULL_ROWS: usize = 1024;
    /// … or at this many bytes, whichever comes first.
    pub const FULL_BYTES: usize = 1 << 20;

    /// No row may be longer than this many bytes, so that nothing a source sends can fill the memory.
    pub const LONGEST_ROW: usize = 16 << 20;

    /// Empties the batch for rows of this many columns.
    pub fn reset(&mut self, query: usize, first_row: u64, columns: usize) {
        self.query = query;
        self.first_row = first_row;
        self.columns = columns;
        self.text.clear();
        self.ends.clear();
        self.ends.push(0);
    }

    /// Appends a whole cell.
    pub fn push_cell(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
        self.end_cell();
    }

    /// Appends a whole row: the texts of its cells one after another, and where each of them ends.
    pub fn push_row(&mut self, text: &[u8], ends: &[usize]) {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        self.ends.extend(ends.iter().map(|end| (start + end) as u32));
    }

    /// The open cell's text; what is appended here belongs to the cell that [`Self::end_cell`] closes.
    pub fn open_cell(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Closes the open cell.
    pub fn end_cell(&mut self) {
        self.ends.push(self.text.len() as u32);
    }

    /// Whether the batch should be handed on now.
    pub fn is_full(&self) -> bool {
        self.rows() >= Self::FULL_ROWS || self.text.len() >= Self::FULL_BYTES
    }

    /// Whole rows held.
    pub fn rows(&self) -> usize {
        self.ends.len().saturating_sub(1).checked_div(self.columns).unwrap_or(0)
    }

    /// Bytes of the row that is being filled, or 0 after a whole row.
    pub fn open_row_bytes(&self) -> usize {
        let whole = self.rows() * self.columns;
        self.text.len() - self.ends.get(whole).map_or(0, |start| *start as usize)
    }

    /// Cells in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Where a row's cells lie in [`Self::text`].
    #[inline]
    pub fn row(&self, row: usize) -> RowSpans<'_> {
        let first = row * self.columns;
        RowSpans(&self.ends[first..=first + self.columns])
    }

    /// One cell's text.
    pub fn cell(&self, row: usize, column: usize) -> &[u8] {
        &self.text[self.row(row).cell(column)]
    }

    /// Hands the text over in exchange for an empty buffer; spans stay good for it.
    pub fn take_text(&mut self, into: &mut Vec<u8>) {
        into.clear();
        std::mem::swap(&mut self.text, into);
    }

    /// The text of all cells, one after another.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}
