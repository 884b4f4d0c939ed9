//! Who shares in a deal: large ones are now and then sold by two, and a manager who steps in is credited beside them.

use super::super::picklist::Segment;
use super::{SPLITS, Table, Window, World, chance, person_id};

const HEADER: &str = "OpportunityId,SplitOwnerId,SplitType,SplitPercentage";

/// The shares of the deals that were entered since the export before; they stay with who had them when owners change.
pub fn export(world: &World, window: Window) -> Table {
    let mut table = Table::new(HEADER);
    for position in &world.entered {
        let deal = &world.deals[*position];
        let Some(entered_on) =
            deal.entered_on.filter(|on| window.has(*on) && deal.segment == Segment::Enterprise && !deal.is_test)
        else {
            continue;
        };
        let mut chance = chance(world, SPLITS, deal.number);
        let (is_shared, is_helped) = (chance.happens(0.2), chance.happens(0.15));
        let others: Vec<usize> =
            world.staff.reps().filter(|rep| *rep != deal.owner && world.staff.sells(*rep, entered_on)).collect();
        if is_shared && !others.is_empty() {
            let share = chance.choice(&[20, 25, 30, 50]);
            for (rep, share) in [(deal.owner, 100 - share), (chance.choice(&others), share)] {
                table.push([&*deal.id(), &person_id(world, rep), "Revenue", &share.to_string()]);
            }
        }
        if let Some(manager) = world.staff.people[deal.owner].manager.filter(|_| is_helped) {
            table.push([&*deal.id(), &person_id(world, manager), "Overlay", "100"]);
        }
    }
    table
}
