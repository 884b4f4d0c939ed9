//! Invented names of people and companies, by territory, with the letters, quotes and commas that a CRM meets.

use std::collections::{BTreeMap, BTreeSet};

use super::chance::Chance;
use super::staff::{APAC, DACH, EAST, UK, WEST};

pub const INDUSTRIES: [&str; 7] =
    ["Pharma", "Food & Beverage", "Chemicals", "Automotive", "Water Utilities", "Research", "Semiconductors"];

/// What companies of each industry call themselves in English, in the order of `INDUSTRIES`.
const TRADES: [[&str; 3]; 7] = [
    ["Biologics", "Therapeutics", "Pharma"],
    ["Foods", "Brewing", "Dairy"],
    ["Chemical", "Polymers", "Coatings"],
    ["Driveline", "Castings", "Motor Works"],
    ["Water Authority", "Waterworks", "Utilities"],
    ["Research Institute", "University", "Labs"],
    ["Microdevices", "Wafer", "Photonics"],
];

const TRADES_GERMAN: [[&str; 3]; 7] = [
    ["Pharma", "Biotech", "Arzneimittel"],
    ["Lebensmittel", "Molkerei", "Brauhaus"],
    ["Chemie", "Lacke", "Kunststoffe"],
    ["Antriebstechnik", "Gießerei", "Fahrzeugbau"],
    ["Wasserwerke", "Stadtwerke", "Abwassertechnik"],
    ["Institut", "Hochschule", "Forschung"],
    ["Halbleiter", "Optik", "Mikrosysteme"],
];

const PLACES_AMERICA: [&str; 28] = [
    "Alderbrook",
    "Bexley Ridge",
    "Cinder Hill",
    "Dunmarrow",
    "Eastmere",
    "Fennick",
    "Garnet Falls",
    "Hollisburg",
    "Ironvale",
    "Juniper Flats",
    "Kestrel Bay",
    "Larkmoor",
    "Millrace",
    "Noonan Creek",
    "Oakhallow",
    "Pinecrag",
    "Quarry Lane",
    "Redfern Gap",
    "Saltmarrow",
    "Thornwick",
    "Umberly",
    "Vesper Point",
    "Whitlow",
    "Yarrowdale",
    "Stonehaven Pass",
    "Palo Cedro Alto",
    "Tallgrass",
    "Wexcombe",
];

const PLACES_UK: [&str; 18] = [
    "Ashcombe",
    "Brackley Moor",
    "Calderstoke",
    "Dunwhistle",
    "Elmsworthy",
    "Farthingdale",
    "Glenvarroch",
    "Hawkesmere",
    "Inverlarig",
    "Kilbrannoch",
    "Lambourne Hythe",
    "Marlow Fen",
    "Netherby",
    "Oxmarsh",
    "Pendrennick",
    "Rathmullen",
    "Tarrowby",
    "Wythencote",
];

const PLACES_DACH: [&str; 18] = [
    "Rübental",
    "Hohenbruck",
    "Lindenfurt",
    "Weißbachtal",
    "Krähenfeld",
    "Ostermark",
    "Grünhagen",
    "Alpsteiner",
    "Birkenrode",
    "Donauried",
    "Eschenmoos",
    "Falkenau",
    "Mürzberg",
    "Nordheide",
    "Schönwies",
    "Tannhof",
    "Uferbach",
    "Zillerbrunn",
];

const PLACES_APAC: [&str; 14] = [
    "Banksia Bay",
    "Kallang Rise",
    "Chao Vela",
    "Jade Harbour",
    "Kurrawong",
    "Lotus Gate",
    "Merlino",
    "Orchid Ridge",
    "Phra Nakara",
    "Sakuragi",
    "Tamsu",
    "Uluwin",
    "Wattle Creek",
    "Yilanbay",
];

/// Names that are written whole, because their letters or signs are what matters, with positions in `INDUSTRIES`.
const WHOLE_AMERICA: [(&str, usize); 8] = [
    ("The \"Copper Kettle\" Brewing Company", 1),
    ("O'Mallory & Sons Dairy, Inc.", 1),
    ("Peña Verde Foods, Inc.", 1),
    ("R&D Partners of Ohmstead, LLC", 5),
    ("Smith, Okafor & Daughters", 2),
    ("Lab 42 (Diagnostics)", 0),
    ("A+B Coatings", 2),
    ("Québec Rive-Sud Chimie inc.", 2),
];
const WHOLE_UK: [(&str, usize); 4] = [
    ("D'Arcy & Whitcombe plc", 3),
    ("Llanfairwen Dŵr Cyf", 4),
    ("\"No. 9\" Distillery Ltd", 1),
    ("Ó Briainn Bia Teoranta", 1),
];
const WHOLE_DACH: [(&str, usize); 5] = [
    ("Brașov Hidrotehnica SRL", 4),
    ("Jürg Äbischer & Söhne AG", 3),
    ("Țara Bârsei Lactate SA", 1),
    ("Nagyréti Gyógyszer Kft.", 0),
    ("Łąkowa Chemia sp. z o.o.", 2),
];
const WHOLE_APAC: [(&str, usize); 6] = [
    ("台澄精密儀器股份有限公司", 6),
    ("บริษัท แก้วธารา อุตสาหกรรม จำกัด", 2),
    ("晨嶺半導體", 6),
    ("株式会社 桜木計測", 5),
    ("Sukhawadi Foods Co., Ltd.", 1),
    ("โรงงานยาบ้านสวนใหม่", 0),
];

/// First and last names of a territory's people.
const PEOPLE_AMERICA: ([&str; 16], [&str; 16]) = (
    [
        "Dana", "Marcus", "Priya", "Luis", "Hannah", "Trevor", "Aisha", "Colin", "Renee", "Jamal", "Sofía", "Beth",
        "Owen", "Mei", "Grant", "Tamika",
    ],
    [
        "Whitfield",
        "Okonkwo",
        "Raman",
        "Delgado",
        "Brandt",
        "Sullivan",
        "Haddad",
        "Pruitt",
        "Lefèvre",
        "Carver",
        "Núñez",
        "Ostrowski",
        "Tanaka",
        "Bell",
        "McAllister",
        "Vance",
    ],
);
const PEOPLE_UK: ([&str; 8], [&str; 8]) = (
    ["Imogen", "Rhys", "Callum", "Niamh", "Alastair", "Farah", "Toby", "Siobhán"],
    ["Pemberton", "O'Shea", "Griffiths", "Kaur", "Macrae", "Ashworth", "Iqbal", "Thorne"],
);
const PEOPLE_DACH: ([&str; 8], [&str; 8]) = (
    ["Jürgen", "Anneliese", "Ștefan", "Katharina", "Lukas", "Ioana", "Björn", "Žofia"],
    ["Müller-Krenz", "Vögeli", "Ionescu", "Baumgärtner", "Strauß", "Popețea", "Hofstetter", "Kowalczyk"],
);
const PEOPLE_APAC: ([&str; 8], [&str; 8]) = (
    ["怡君", "Somchai", "Wei-Lun", "ปิยะนุช", "Haruka", "Lachlan", "Mei-Ling", "Arjun"],
    ["陳", "Rattanakorn", "Hsu", "ศรีสุวรรณ", "Fujimori", "Brennan", "Tan", "Pillai"],
);

/// The names given so far, so that no two companies share one.
#[derive(Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
    /// How often each territory was asked for something special.
    asked: BTreeMap<usize, usize>,
}

impl Names {
    /// A company name that was not given before. `leaf` is a territory, `industry` a position in `INDUSTRIES`.
    pub fn company(&mut self, chance: &mut Chance, leaf: usize, industry: usize) -> String {
        let mut name = company(chance, leaf, industry);
        for _ in 0..30 {
            if !self.taken.contains(&name) {
                break;
            }
            name = company(chance, leaf, industry);
        }
        let plain = name.clone();
        let mut branch = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{plain} (Plant {branch})");
            branch += 1;
        }
        name
    }

    /// As `company`, with its industry; every other one has unusual letters or signs, as long as there are such.
    pub fn special(&mut self, chance: &mut Chance, leaf: usize) -> (String, usize) {
        let whole: &[(&str, usize)] = match leaf {
            UK => &WHOLE_UK,
            DACH => &WHOLE_DACH,
            APAC => &WHOLE_APAC,
            _ => &WHOLE_AMERICA,
        };
        // East and West draw on one list.
        let asked = self.asked.entry(if leaf == WEST { EAST } else { leaf }).or_default();
        let turn = *asked;
        *asked += 1;
        if let Some((name, industry)) = whole.get(turn / 2).filter(|_| turn.is_multiple_of(2)) {
            return ((*name).to_owned(), *industry);
        }
        let industry = chance.whole(0, 6) as usize;
        (self.company(chance, leaf, industry), industry)
    }
}

fn company(chance: &mut Chance, leaf: usize, industry: usize) -> String {
    let places: &[&str] = match leaf {
        UK => &PLACES_UK,
        DACH => &PLACES_DACH,
        APAC => &PLACES_APAC,
        _ => &PLACES_AMERICA,
    };
    let trades = if leaf == DACH { &TRADES_GERMAN } else { &TRADES };
    let forms: &[&str] = match leaf {
        EAST | WEST => &["", "", "", "", "", "", "", ", Inc.", " LLC"],
        UK => &["", "", "", "", " Ltd"],
        DACH => &["", "", " GmbH", " AG"],
        _ => &["", "", "", " Pte. Ltd."],
    };
    let form = if industry == 5 { "" } else { chance.choice(forms) };
    format!("{} {}{form}", chance.choice(places), chance.choice(&trades[industry]))
}

/// A company's name as people say it.
pub fn without_form(name: &str) -> &str {
    let forms = [", Inc.", " LLC", " Ltd", " GmbH", " AG", " Pte. Ltd."];
    forms.into_iter().find_map(|form| name.strip_suffix(form)).unwrap_or(name)
}

/// A person's name as the territory writes it.
pub fn person(chance: &mut Chance, leaf: usize) -> String {
    let (first, last): (&[&str], &[&str]) = match leaf {
        UK => (&PEOPLE_UK.0, &PEOPLE_UK.1),
        DACH => (&PEOPLE_DACH.0, &PEOPLE_DACH.1),
        APAC => (&PEOPLE_APAC.0, &PEOPLE_APAC.1),
        _ => (&PEOPLE_AMERICA.0, &PEOPLE_AMERICA.1),
    };
    if leaf == APAC {
        // A first name goes with the last name of its own language; Chinese puts the last name first.
        let at = chance.whole(0, first.len() as i32 - 1) as usize;
        return if at == 0 { format!("{}{}", last[0], first[0]) } else { format!("{} {}", first[at], last[at]) };
    }
    format!("{} {}", chance.choice(first), chance.choice(last))
}

/// Country and its share of a territory's accounts.
pub fn country(chance: &mut Chance, leaf: usize, name: &str) -> &'static str {
    let special = [
        (" SRL", "Romania"),
        (" SA", "Romania"),
        ("Kft.", "Hungary"),
        ("sp. z o.o.", "Poland"),
        ("台", "Taiwan"),
        ("晨", "Taiwan"),
        ("株式会社", "Japan"),
        ("บริษัท", "Thailand"),
        ("โรงงาน", "Thailand"),
        ("Sukhawadi", "Thailand"),
        ("Québec", "Canada"),
        ("Teoranta", "Ireland"),
    ];
    if let Some((_, country)) = special.iter().find(|(part, _)| name.contains(part)) {
        return country;
    }
    match leaf {
        EAST => chance.choice(&["United States", "United States", "United States", "Canada"]),
        WEST => chance.choice(&["United States", "United States", "United States", "United States", "Mexico"]),
        UK => chance.choice(&["United Kingdom", "United Kingdom", "United Kingdom", "Ireland"]),
        DACH => chance.choice(&["Germany", "Germany", "Germany", "Austria", "Switzerland"]),
        _ => chance.choice(&["Taiwan", "Thailand", "Singapore", "Australia", "Japan"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_accounts_share_a_name() {
        let mut chance = Chance::new([1, 1, 1]);
        let mut names = Names::default();
        let given: BTreeSet<String> =
            (0..3000).map(|n| names.company(&mut chance, [EAST, UK, DACH, APAC][n % 4], n % 7)).collect();
        assert_eq!(given.len(), 3000);
    }

    #[test]
    fn a_country_fits_a_name_that_tells_it() {
        let mut chance = Chance::new([1, 1, 1]);
        assert_eq!(country(&mut chance, DACH, "Brașov Hidrotehnica SRL"), "Romania");
        assert_eq!(country(&mut chance, APAC, "晨嶺半導體"), "Taiwan");
    }
}
