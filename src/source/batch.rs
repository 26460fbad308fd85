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
    ends: Vec<u32>,
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
        self.ends.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Bytes of the row that is being filled, or 0 after a whole row.
    pub fn open_row_bytes(&self) -> usize {
        let whole = self.rows() * self.columns;
        let start = if whole == 0 { 0 } else { self.ends[whole - 1] as usize };
        self.text.len() - start
    }

    /// Cells in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Where the cell's text lies in [`Self::text`].
    pub fn span(&self, row: usize, column: usize) -> std::ops::Range<usize> {
        let at = row * self.columns + column;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        start..self.ends[at] as usize
    }

    /// One cell's text.
    pub fn cell(&self, row: usize, column: usize) -> &[u8] {
        &self.text[self.span(row, column)]
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
