//! What schedules ask of a cluster: pods and cores minute by minute over a week, and offsets that make the peak lower.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, anyhow};
use serde_json::Value;

use super::quantity::Quantity;
use super::schedule::{Schedule, WEEK, name_of};
use crate::print;

/// What pods need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) pods: u64,
    /// Thousandths of a core that are requested.
    pub(crate) millicores: u64,
    /// Thousandths of a core that may be used.
    pub(crate) millicores_limit: u64,
    /// Bytes of memory that are requested.
    pub(crate) memory: u64,
}

impl Needs {
    /// Of one pod of a `CronJob`: of all its containers, sidecars included.
    ///
    /// # Errors
    /// When a container says no quantity.
    pub(crate) fn of(cronjob: &Value) -> anyhow::Result<Self> {
        let pod = &cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        let mut needs = Self { pods: 1, ..Self::default() };
        let sidecar = |container: &&Value| container["restartPolicy"] == "Always";
        let sidecars = pod["initContainers"].as_array().into_iter().flatten().filter(sidecar);
        for container in pod["containers"].as_array().into_iter().flatten().chain(sidecars) {
            let quantity = |part: &str, what: &str, unit: f64| {
                let text = container["resources"][part][what].as_str().unwrap_or_default();
                let quantity = text.parse::<Quantity>().map_err(|allowed| {
                    anyhow!("{what} in {part} of the container {} is \"{text}\": {allowed}", container["name"])
                })?;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is positive")]
                Ok::<u64, anyhow::Error>((quantity.value * unit).ceil() as u64)
            };
            needs.millicores += quantity("requests", "cpu", 1000.0)?;
            needs.millicores_limit += quantity("limits", "cpu", 1000.0)?;
            needs.memory += quantity("requests", "memory", 1.0)?;
        }
        Ok(needs)
    }

    fn add(&mut self, more: Self) {
        self.pods += more.pods;
        self.millicores += more.millicores;
        self.millicores_limit += more.millicores_limit;
        self.memory += more.memory;
    }
}

/// A monitor as far as its load goes.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) schedule: Schedule,
    pub(crate) needs: Needs,
}

impl Item {
    /// How many minutes a pod lives: the next start of the same monitor replaces it.
    fn lives(&self, run_time: usize) -> usize {
        run_time.clamp(1, self.schedule.shortest_distance().max(1))
    }

    /// The minutes of the week in which it runs, beginning `phase` minutes later.
    fn busy(&self, phase: usize, run_time: usize) -> impl Iterator<Item = usize> {
        let lives = self.lives(run_time);
        self.schedule
            .minutes()
            .into_iter()
            .flat_map(move |start| (0..lives).map(move |after| (start + phase + after) % WEEK))
    }
}

/// What all pods need in each minute of a week.
#[derive(Clone, Debug)]
pub(crate) struct Week(Vec<Needs>);

impl Week {
    /// Of these monitors, each beginning its phase later; a pod lives `run_time` minutes.
    pub(crate) fn of(items: &[Item], phases: &[usize], run_time: usize) -> Self {
        let mut week = vec![Needs::default(); WEEK];
        for (item, phase) in items.iter().zip(phases) {
            for minute in item.busy(*phase, run_time) {
                week[minute].add(item.needs);
            }
        }
        Self(week)
    }

    /// The minute in which the most cores are requested, the first of several, and what is needed then.
    pub(crate) fn peak(&self) -> (usize, Needs) {
        let size = |needs: &Needs| (needs.millicores, needs.pods, needs.memory);
        let largest = self.0.iter().map(size).max();
        let peak = self.0.iter().enumerate().find(|(_, needs)| Some(size(needs)) == largest);
        peak.map(|(minute, needs)| (minute, *needs)).unwrap_or_default()
    }

    /// The most pods of any minute.
    pub(crate) fn most_pods(&self) -> u64 {
        self.0.iter().map(|needs| needs.pods).max().unwrap_or_default()
    }

    /// The means over the week, as text.
    fn average(&self) -> Row {
        #[expect(clippy::cast_precision_loss, reason = "it is shown with one decimal")]
        let mean = |of: fn(&Needs) -> u64| self.0.iter().map(|needs| of(needs) as f64).sum::<f64>() / WEEK as f64;
        Row {
            name: "average".to_owned(),
            pods: format!("{:.1}", mean(|needs| needs.pods)),
            cores: mean(|needs| needs.millicores) / 1000.0,
            cores_limit: mean(|needs| needs.millicores_limit) / 1000.0,
            memory: mean(|needs| needs.memory),
        }
    }
}

/// How many minutes later each monitor should begin for the peak to be low; always the same for the same monitors. Only those
/// whose schedule says how often (`*/N`) are moved, and by less than their N. The peak is never higher than without.
pub(crate) fn phases(items: &[Item], run_time: usize) -> Vec<usize> {
    let mut phases = vec![0; items.len()];
    let mut load = vec![0_u64; WEEK];
    let (mut movable, fixed): (Vec<usize>, Vec<usize>) =
        (0..items.len()).partition(|index| items[*index].schedule.step().is_some());
    for index in fixed {
        items[index].busy(0, run_time).for_each(|minute| load[minute] += items[index].needs.millicores);
    }
    // Those with the least choice first; the others fill the gaps.
    movable.sort_by_key(|index| (items[*index].schedule.step(), &items[*index].name));
    for index in movable {
        let item = &items[index];
        let busy: Vec<usize> = item.busy(0, run_time).collect();
        let step = item.schedule.step().unwrap_or(1);
        let cost = |phase: &usize| {
            let there = busy.iter().map(|minute| load[(minute + phase) % WEEK]);
            there.fold((0, 0), |(most, sum): (u64, u64), load| (most.max(load), sum + load))
        };
        // The first of the best ones.
        let phase = (0..step).min_by_key(cost).unwrap_or_default();
        for minute in busy {
            load[(minute + phase) % WEEK] += item.needs.millicores;
        }
        phases[index] = phase;
    }
    let (before, after) = (Week::of(items, &vec![0; items.len()], run_time), Week::of(items, &phases, run_time));
    let is_worse = after.peak().1.millicores > before.peak().1.millicores || after.most_pods() > before.most_pods();
    if is_worse { vec![0; items.len()] } else { phases }
}

/// A line of the table.
struct Row {
    name: String,
    pods: String,
    cores: f64,
    cores_limit: f64,
    memory: f64,
}

impl Row {
    #[expect(clippy::cast_precision_loss, reason = "it is shown with one decimal")]
    fn of(name: String, needs: Needs) -> Self {
        Self {
            name,
            pods: needs.pods.to_string(),
            cores: needs.millicores as f64 / 1000.0,
            cores_limit: needs.millicores_limit as f64 / 1000.0,
            memory: needs.memory as f64,
        }
    }

    fn text(&self) -> String {
        let Self { name, pods, cores, cores_limit, memory } = self;
        format!("{name:30}{pods:>7}{cores:>11.1}{cores_limit:>11.1}{:>13}\n", format!("{:.1} GB", memory / 1e9))
    }
}

/// What the monitors need, and what they would with these phases, within 80 columns.
pub(crate) fn table(items: &[Item], phases: &[usize], run_time: usize) -> anyhow::Result<String> {
    let s = if items.len() == 1 { "" } else { "s" };
    let mut text = format!(
        "{} monitor{s} over a week; a pod is taken to live {run_time} min (--run-time)\n\n{:30}{:>7}{:>11}{:>11}{:>13}\n",
        items.len(),
        "",
        "pods",
        "cores",
        "at most",
        "memory"
    );
    let before = Week::of(items, &vec![0; items.len()], run_time);
    let (minute, needs) = before.peak();
    text += &Row::of(format!("peak, {}", name_of(minute)), needs).text();
    let after = Week::of(items, phases, run_time);
    let (minute, needs) = after.peak();
    text += &Row::of(format!("peak with offsets, {}", name_of(minute)), needs).text();
    text += &before.average().text();
    let moved: Vec<_> = items.iter().zip(phases).filter(|(_, phase)| **phase > 0).collect();
    if moved.is_empty() {
        text += "\nno offset makes the peak lower\n";
        return Ok(text);
    }
    // Writing to a String can't fail.
    let _ = writeln!(text, "\n{:36}{:20}with its offset", "monitor", "schedule");
    for (item, phase) in moved {
        let shifted = item.schedule.shifted(*phase).with_context(|| item.name.clone())?;
        let _ = writeln!(text, "{:36}{:20}{}", print::shorten(&item.name, 34), item.schedule.line(), shifted.line());
    }
    text += "\n--apply-offsets puts them into the manifests\n";
    Ok(text)
}

/// The items of these `CronJob`s, by their names, with the schedules as the monitors declare them.
///
/// # Errors
/// When a container says no quantity.
pub(crate) fn items<'a>(
    cronjobs: impl IntoIterator<Item = (&'a str, &'a Schedule, &'a Value)>,
) -> anyhow::Result<Vec<Item>> {
    let item = |(name, schedule, cronjob): (&str, &Schedule, &Value)| {
        Ok((name.to_owned(), Item { name: name.to_owned(), schedule: schedule.clone(), needs: Needs::of(cronjob)? }))
    };
    let by_name: BTreeMap<String, Item> = cronjobs.into_iter().map(item).collect::<anyhow::Result<_>>()?;
    Ok(by_name.into_values().collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(name: &str, line: &str, millicores: u64) -> Item {
        let needs = Needs { pods: 1, millicores, millicores_limit: millicores * 2, memory: 1_000_000 };
        Item { name: name.to_owned(), schedule: Schedule::read(line).unwrap(), needs }
    }

    #[test]
    fn monitors_of_one_schedule_are_moved_apart() {
        let items: Vec<Item> = ["a", "b", "c"].map(|name| item(name, "*/3 * * * *", 2200)).into();
        assert_eq!(
            Week::of(&items, &[0; 3], 1).peak(),
            (0, Needs { pods: 3, millicores: 6600, millicores_limit: 13200, memory: 3_000_000 })
        );
        let phases = phases(&items, 1);
        assert_eq!(phases, [0, 1, 2]);
        assert_eq!(Week::of(&items, &phases, 1).peak().1.pods, 1);
    }

    #[test]
    fn what_says_when_stays_and_the_others_make_room() {
        let items = [item("often", "*/2 * * * *", 2200), item("at eight", "0 8 * * MON", 9000)];
        assert_eq!(phases(&items, 1), [1, 0]);
    }

    #[test]
    fn a_pod_lives_until_the_next_one_of_its_monitor_at_most() {
        let items = [item("a", "*/3 * * * *", 1000)];
        let week = Week::of(&items, &[0], 10);
        assert_eq!(week.most_pods(), 1);
        assert_eq!(week.average().pods, "1.0");
        assert_eq!(Week::of(&items, &[0], 1).average().pods, "0.3");
        // Over the end of the week into its beginning.
        let late = [item("b", "59 23 * * SUN", 1000)];
        assert_eq!(Week::of(&late, &[0], 2).peak().0, 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn offsets_never_make_the_peak_higher(
            monitors in prop::collection::vec(
                (prop::sample::select(vec![
                    "* * * * *", "*/2 * * * *", "*/3 * * * *", "*/5 * * * *", "*/10 * * * *", "*/30 8-18 * * 1-5",
                    "0 * * * *", "*/7 * * * *", "15 3 1 * *", "2-59/5 * * * *",
                ]), prop::sample::select(vec![200_u64, 2200, 5000])),
                1..12,
            ),
            run_time in 1_usize..5,
        ) {
            let items: Vec<Item> =
                monitors.iter().enumerate().map(|(at, (line, cores))| item(&format!("m{at}"), line, *cores)).collect();
            let before = Week::of(&items, &vec![0; items.len()], run_time);
            let moved = phases(&items, run_time);
            let after = Week::of(&items, &moved, run_time);
            prop_assert!(after.peak().1.millicores <= before.peak().1.millicores);
            prop_assert!(after.most_pods() <= before.most_pods());
            // The same work, at other times.
            prop_assert_eq!(after.average().pods, before.average().pods);
            prop_assert_eq!(&moved, &phases(&items, run_time));
            // What is written into a manifest is what was counted.
            for (item, phase) in items.iter().zip(&moved) {
                let shifted: Vec<usize> = item.schedule.minutes().into_iter().map(|minute| minute + phase).collect();
                prop_assert_eq!(item.schedule.shifted(*phase).unwrap().minutes(), shifted);
            }
        }
    }
}
