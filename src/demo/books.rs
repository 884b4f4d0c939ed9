//! The simulator's own books: what is open, won, lost and gone in each currency, kept by posting every change, so that
//! figures computed from the exports can be held against something that no query made.

use super::deal::{Deal, Fate};
use super::picklist::{Currency, Stage};

/// Counts and sums (cents) of one currency at the end of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub open: i64,
    pub open_amount: i64,
    pub open_without_amount: i64,
    pub won: i64,
    pub won_amount: i64,
    pub lost: i64,
    pub disqualified: i64,
    pub deleted: i64,
    pub merged: i64,
    pub vanished: i64,
}

/// How a deal stands in the books.
#[derive(Debug, Clone, Copy)]
struct Entry {
    currency: Currency,
    amount: Option<i64>,
    account: AccountOf,
    is_excluded: bool,
}

#[derive(Debug, Clone, Copy)]
enum AccountOf {
    Open,
    Won,
    Lost,
    Disqualified,
    Deleted,
    Merged,
    Vanished,
}

#[derive(Debug, Default)]
pub struct Books {
    /// Every exported row, by currency in the order of `Currency::ALL`.
    pub all: [Tally; 3],
    /// Without the deals on the exclusion list.
    pub counted: [Tally; 3],
    entries: Vec<Option<Entry>>,
}

impl Books {
    /// Posts how a deal stands after a change; `position` is its place among the deals.
    pub fn post(&mut self, position: usize, deal: &Deal, is_excluded: bool) {
        if self.entries.len() <= position {
            self.entries.resize(position + 1, None);
        }
        if let Some(old) = self.entries[position].take() {
            self.add(&old, -1);
        }
        if deal.entered_on.is_none() {
            return;
        }
        let account = match (deal.fate, deal.stage) {
            (Fate::Vanished, _) => AccountOf::Vanished,
            (Fate::Merged(_), _) => AccountOf::Merged,
            (Fate::Deleted, _) => AccountOf::Deleted,
            (Fate::Kept, Stage::Won) => AccountOf::Won,
            (Fate::Kept, Stage::Lost) if deal.is_disqualified => AccountOf::Disqualified,
            (Fate::Kept, Stage::Lost) => AccountOf::Lost,
            (Fate::Kept, _) => AccountOf::Open,
        };
        let entry = Entry { currency: deal.currency, amount: deal.amount, account, is_excluded };
        self.add(&entry, 1);
        self.entries[position] = Some(entry);
    }

    fn add(&mut self, entry: &Entry, sign: i64) {
        let currency = entry.currency as usize;
        self.all[currency].add(entry, sign);
        if !entry.is_excluded {
            self.counted[currency].add(entry, sign);
        }
    }
}

impl Tally {
    fn add(&mut self, entry: &Entry, sign: i64) {
        let amount = sign * entry.amount.unwrap_or(0);
        match entry.account {
            AccountOf::Open => {
                self.open += sign;
                self.open_amount += amount;
                self.open_without_amount += sign * i64::from(entry.amount.is_none());
            }
            AccountOf::Won => {
                self.won += sign;
                self.won_amount += amount;
            }
            AccountOf::Lost => self.lost += sign,
            AccountOf::Disqualified => self.disqualified += sign,
            AccountOf::Deleted => self.deleted += sign,
            AccountOf::Merged => self.merged += sign,
            AccountOf::Vanished => self.vanished += sign,
        }
    }
}
