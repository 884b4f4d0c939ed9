//! The commission plans by role: new ones come with the last year.

use super::Table;
use super::World;

const HEADER: &str = "Role,FromAttainment,Rate,Base,Mode,Cap";

/// From attainment and rate in percent; an empty cap is none.
const PLANS: [[&str; 6]; 6] = [
    ["Account Executive", "0", "4", "Revenue", "Marginal", ""],
    ["Account Executive", "80", "6", "Revenue", "Marginal", ""],
    ["Account Executive", "100", "9", "Revenue", "Marginal", "25000.00"],
    ["Senior Account Executive", "0", "5", "Revenue", "Retroactive", ""],
    ["Senior Account Executive", "100", "7", "Revenue", "Retroactive", ""],
    ["Sales Manager", "100", "1", "Target", "Cliff", ""],
];
const PLANS_OF_LAST_YEAR: [[&str; 6]; 7] = [
    ["Account Executive", "0", "4.5", "Revenue", "Marginal", ""],
    ["Account Executive", "100", "8", "Revenue", "Marginal", ""],
    ["Account Executive", "150", "10", "Revenue", "Marginal", "20000.00"],
    ["Senior Account Executive", "0", "5", "Revenue", "Retroactive", ""],
    ["Senior Account Executive", "100", "6.5", "Revenue", "Retroactive", ""],
    ["Senior Account Executive", "125", "2", "Target", "Cliff", "3000.00"],
    ["Sales Manager", "100", "1.2", "Target", "Cliff", ""],
];

pub fn export(world: &World, day: i32) -> Table {
    let mut table = Table::new(HEADER);
    let is_of_last_year = day >= world.calendar.year_start(world.span.last);
    let plans: &[[&str; 6]] = if is_of_last_year { &PLANS_OF_LAST_YEAR } else { &PLANS };
    plans.iter().for_each(|tier| table.push(*tier));
    table
}
