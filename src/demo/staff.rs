//! The people who sell and the territories they sell in: who is hired when, who reports to whom, how good and how honest
//! they are. People never change; what changes with the days is asked with a day.

use super::Span;
use super::calendar::Calendar;
use super::chance::{Chance, exp};
use super::names;

/// A sales territory; the ones without children are where accounts lie.
pub struct Territory {
    pub name: &'static str,
    pub parent: Option<usize>,
    pub region: &'static str,
}

pub const AMERICAS: usize = 0;
pub const EAST: usize = 1;
pub const WEST: usize = 2;
pub const EMEA: usize = 3;
pub const UK: usize = 4;
pub const DACH: usize = 5;
pub const APAC: usize = 6;

pub const TERRITORIES: [Territory; 7] = [
    Territory { name: "Americas", parent: None, region: "Americas" },
    Territory { name: "East", parent: Some(AMERICAS), region: "Americas" },
    Territory { name: "West", parent: Some(AMERICAS), region: "Americas" },
    Territory { name: "EMEA", parent: None, region: "EMEA" },
    Territory { name: "UK", parent: Some(EMEA), region: "EMEA" },
    Territory { name: "DACH", parent: Some(EMEA), region: "EMEA" },
    Territory { name: "APAC", parent: None, region: "APAC" },
];

/// The territories that have a team and a manager of their own, which bear the team's name.
pub const TEAMS: [usize; 3] = [AMERICAS, EMEA, APAC];

/// Where the reps sit, in the order of hiring.
const SEATS: [usize; 12] = [EAST, DACH, WEST, UK, EAST, APAC, WEST, DACH, EAST, APAC, UK, WEST];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    VicePresident,
    Manager,
    SeniorRep,
    Rep,
}

impl Role {
    pub fn text(self) -> &'static str {
        match self {
            Self::VicePresident => "VP Sales",
            Self::Manager => "Sales Manager",
            Self::SeniorRep => "Senior Account Executive",
            Self::Rep => "Account Executive",
        }
    }
}

#[derive(Debug)]
pub struct Person {
    pub number: u64,
    pub name: String,
    pub email: String,
    /// A position in `Staff::people`.
    pub manager: Option<usize>,
    pub role: Role,
    /// A position in `TERRITORIES`, as is `territory`.
    pub team: Option<usize>,
    pub territory: Option<usize>,
    pub hired_on: i32,
    pub ramp_months: i32,
    /// The first day without him.
    pub left_on: Option<i32>,
    /// Multiplies the odds of passing a stage.
    pub skill: f64,
    /// Above 0 sees deals better than they are (happy ears), below 0 worse (sandbagging).
    pub honesty_bias: f64,
    /// 0.5 neglects the CRM, 1.5 keeps it well.
    pub diligence: f64,
}

#[derive(Debug)]
pub struct Staff {
    /// The vice president, the managers in the order of `TEAMS`, then the reps in the order of hiring.
    pub people: Vec<Person>,
}

const FIRST_REP: usize = 1 + TEAMS.len();

impl Staff {
    /// Half of the reps are there before the first export, the others come over time; one of four or more leaves.
    pub fn new(reps: usize, span: &Span, calendar: &Calendar, seed: u64) -> Self {
        let mut chance = Chance::new([seed, 1, 0]);
        let mut staff = Self { people: Vec::with_capacity(FIRST_REP + reps) };
        let veteran = span.start - 1500;
        staff.add(&mut chance, Role::VicePresident, None, None, veteran);
        for team in TEAMS {
            let hired_on = veteran + chance.whole(50, 900);
            staff.add(&mut chance, Role::Manager, Some(team), Some(team), hired_on);
        }
        let early = reps - reps / 2;
        for rep in 0..reps {
            let seat = SEATS[rep % SEATS.len()];
            let hired_on = if rep < early {
                // The last of the early ones comes during the first year, so that its figures have a joiner too.
                if rep + 1 == early && rep > 0 { span.start + 150 } else { span.start - chance.whole(150, 1300) }
            } else {
                let share = f64::from((rep - early) as i32) / f64::from((reps - early) as i32);
                span.first + (f64::from(span.last - span.first) * (0.08 + 0.75 * share)) as i32
            };
            let hired_on = calendar.workday_from(calendar.month_start(hired_on) + if rep % 2 == 0 { 0 } else { 14 });
            let role = if hired_on < span.start - 500 { Role::SeniorRep } else { Role::Rep };
            staff.add(&mut chance, role, Some(TERRITORIES[seat].parent.unwrap_or(seat)), Some(seat), hired_on);
        }
        if reps >= 4 {
            let leaver = FIRST_REP + early / 2;
            staff.people[leaver].left_on = Some(calendar.workday_from(span.first + (span.last - span.first) * 11 / 20));
        }
        staff
    }

    fn add(&mut self, chance: &mut Chance, role: Role, team: Option<usize>, territory: Option<usize>, hired_on: i32) {
        let place = match territory {
            Some(EMEA) => UK,
            Some(territory) => territory,
            None => EAST,
        };
        let mut name = names::person(chance, place);
        for _ in 0..200 {
            let shares_a_name = |person: &Person| person.name.split(' ').any(|part| name.contains(part));
            if !self.people.iter().any(shares_a_name) {
                break;
            }
            name = names::person(chance, place);
        }
        let position = self.people.len();
        let sells = matches!(role, Role::Rep | Role::SeniorRep);
        self.people.push(Person {
            number: 4_100 + 3 * position as u64,
            name,
            email: format!("s{position:02}@tarnfell.example"),
            manager: match role {
                Role::VicePresident => None,
                Role::Manager => Some(0),
                _ => TEAMS.iter().position(|of| Some(*of) == team).map(|at| at + 1),
            },
            role,
            team,
            territory,
            hired_on,
            ramp_months: if sells { chance.whole(3, 6) } else { 0 },
            left_on: None,
            skill: exp(0.26 * chance.normal().clamp(-1.8, 1.8) + if role == Role::SeniorRep { 0.1 } else { 0.0 }),
            honesty_bias: (0.03 + 0.24 * chance.normal()).clamp(-0.4, 0.45),
            diligence: chance.between(0.6, 1.4),
        });
    }

    /// The positions of all reps that there ever are.
    pub fn reps(&self) -> std::ops::Range<usize> {
        FIRST_REP..self.people.len()
    }

    pub fn sells(&self, rep: usize, day: i32) -> bool {
        let Person { hired_on, left_on, .. } = &self.people[rep];
        *hired_on <= day && left_on.is_none_or(|left_on| day < left_on)
    }

    /// What a rep can do on a day, 1 when fully ramped, 0 when not there.
    pub fn capacity(&self, rep: usize, day: i32) -> f64 {
        if !self.sells(rep, day) {
            return 0.0;
        }
        let Person { hired_on, ramp_months, .. } = &self.people[rep];
        let ramp = f64::from(ramp_months * 30);
        (0.3 + 0.7 * f64::from(day - hired_on) / ramp).min(1.0)
    }

    /// A rep who sells on the day, likely in proportion to capacity; `weight` makes some likelier.
    pub fn pick(&self, chance: &mut Chance, day: i32, weight: impl Fn(&Person) -> f64) -> usize {
        let weights: Vec<f64> = self.reps().map(|rep| self.capacity(rep, day) * weight(&self.people[rep])).collect();
        FIRST_REP + chance.weighted(&weights)
    }

    /// Who takes over from a rep: someone of his territory, else of his team, else anyone.
    pub fn successor(&self, chance: &mut Chance, of: usize, day: i32) -> usize {
        let (territory, team) = (self.people[of].territory, self.people[of].team);
        self.pick(chance, day, |person| {
            if person.number == self.people[of].number {
                0.0
            } else if person.territory == territory {
                1.0
            } else if person.team == team {
                0.02
            } else {
                1e-6
            }
        })
    }
}
