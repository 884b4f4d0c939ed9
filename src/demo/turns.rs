//! Taking turns: who gets the next lead or deal, and how often something comes, in fair shares with a little chance. Plain
//! chance would leave a dozen reps with fortunes far more unequal than real routing does.

use super::chance::Chance;

/// Fair shares among numbered takers.
#[derive(Debug, Default)]
pub struct Turns {
    credits: Vec<f64>,
}

impl Turns {
    /// The taker whose turn it is; in the long run each gets in proportion to its weight, and never one of weight 0
    /// while another has more.
    pub fn next(&mut self, chance: &mut Chance, weights: &[f64]) -> usize {
        self.credits.resize(weights.len().max(self.credits.len()), 0.0);
        let total: f64 = weights.iter().sum();
        let mut chosen = 0;
        let mut best = f64::NEG_INFINITY;
        for (taker, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            self.credits[taker] += weight / total;
            let claim = self.credits[taker] + chance.between(0.0, 0.8);
            if claim > best {
                (chosen, best) = (taker, claim);
            }
        }
        self.credits[chosen] -= 1.0;
        chosen
    }
}

/// A stream of arrivals: as many as expected, give or take one.
#[derive(Debug, Default)]
pub struct Flow {
    due: f64,
}

impl Flow {
    /// How many come when `expected` more are due.
    pub fn next(&mut self, chance: &mut Chance, expected: f64) -> u32 {
        self.due += expected;
        let count = (self.due + chance.between(-0.9, 0.9)).max(0.0) as u32;
        self.due -= f64::from(count);
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gets_its_share() {
        let mut chance = Chance::new([1, 1, 1]);
        let mut turns = Turns::default();
        let mut counts = [0; 3];
        for _ in 0..400 {
            counts[turns.next(&mut chance, &[1.0, 0.0, 3.0])] += 1;
        }
        assert!((98..=102).contains(&counts[0]) && counts[1] == 0, "{counts:?}");
    }

    #[test]
    fn as_many_come_as_expected() {
        let mut chance = Chance::new([1, 1, 1]);
        let mut flow = Flow::default();
        let all: u32 = (0..1000).map(|_| flow.next(&mut chance, 0.37)).sum();
        assert!((368..=372).contains(&all), "{all}");
    }
}
