//! Record ids as a CRM gives them: fifteen characters that count up, and three that make them safe where case is lost.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// What kind of record an id names; its first three characters tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    Account,
    Answer,
    Deal,
    Lead,
    Person,
    Quota,
    Submission,
    Task,
    Territory,
}

impl Entity {
    fn prefix(self) -> &'static str {
        match self {
            Self::Account => "001",
            Self::Answer => "a0S",
            Self::Deal => "006",
            Self::Lead => "00Q",
            Self::Person => "005",
            Self::Quota => "a0Q",
            Self::Submission => "a0F",
            Self::Task => "00T",
            Self::Territory => "0MI",
        }
    }

    /// The id of the record with this number; larger numbers give ids that sort later.
    pub fn id(self, number: u64) -> String {
        let mut text = format!("{}Kx00000", self.prefix()).into_bytes();
        let digit = |place: u32| DIGITS[(number / 62_u64.pow(place) % 62) as usize];
        text.extend((0..5).rev().map(digit));
        for start in [0, 5, 10] {
            let bits = (0..5).filter(|at| text[start + at].is_ascii_uppercase()).map(|at| 1 << at).sum::<usize>();
            text.push(CHECKS[bits]);
        }
        text.into_iter().map(char::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_letters_tell_which_characters_are_capitals() {
        // Worked by hand: the groups "001Kx", "00000", "000Ab" have capitals at positions {3}, {}, {3}.
        assert_eq!(Entity::Account.id(10 * 62 + 37), "001Kx00000000AbIAI");
        assert_eq!(Entity::Lead.id(0), "00QKx0000000000MAA");
    }

    #[test]
    fn ids_are_eighteen_characters_in_order() {
        let ids: Vec<String> = (0..5000).map(|n| Entity::Deal.id(n * 17)).collect();
        assert!(ids.iter().all(|id| id.len() == 18));
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}
