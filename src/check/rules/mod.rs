//! The rules, one file each. A rule runs because it stands in [`RULES`].

use super::Rule;

mod c001_smaller;
mod c002_month;
mod c003_service_vanished;
mod c004_person_vanished;
mod c005_reference_changed;
mod c006_identifier_changed;
mod c007_start_reset;
mod d001_end_before_start;
mod d002_born_after_event;
mod d003_death_before_birth;
mod d004_death_before_event;
mod d005_very_old;
mod d006_future;
mod d007_under_age;
mod d008_born_after_period;
mod d009_goes_on_after_death;
mod d101_open_after_death;
mod d102_starts_after_death;
mod d103_birth_of_cared_for;
mod f001_header;
mod f002_council;
mod f003_period;
mod f004_encoding;
mod f005_release_not_current;
mod f006_no_rows;
mod f007_separator;
mod f008_workbook;
mod f009_size;
mod f010_damaged;
mod f011_workbook_dates;
mod f101_character;
mod f102_transliterated;
mod f103_formula;
mod f104_control;
mod k001_no_identifier;
mod k002_copy;
mod k003_reference;
mod k004_same_event;
mod k005_local_ids;
mod k006_nhs_numbers;
mod k007_split_off;
mod k008_birth_dates;
mod k009_genders;
mod k010_ethnicities;
mod k011_death_dates;
mod k012_accommodation;
mod k013_support_reason;
mod l001_not_in_list;
mod l002_unmapped;
mod l003_not_to_be_used;
mod l004_restored_key;
mod l005_unmapped_blank;
mod l006_unmapped_block;
mod m001_mandatory_blank;
mod o001_open_with_outcome;
mod o002_ended_as_provision;
mod o003_review_outcome;
mod o004_deceased_without_death;
mod o101_no_assessment;
mod o102_no_sequel;
mod p001_ended_outside;
mod p002_starts_after;
mod p003_restriction_expired;
mod p004_not_covered;
mod p005_died_before_period;
mod s001_negative_cost;
mod s002_no_units;
mod s003_long_st_max;
mod s004_very_large_cost;
mod s005_units_clash;
mod s006_half_a_cost;
mod s007_no_delivery_mechanism;
mod s008_budget_in_care_home;
mod s101_two_settings;
mod s102_april_cliff;
mod t001_date;
mod t002_nhs_number;
mod t003_postcode;
mod t004_amount;
mod t005_whole_number;
mod t006_gp_practice;
mod t007_cqc_location;
mod t008_la_code;
mod t009_null_text;
mod t010_test_number;
mod t011_day_number;
mod t012_no_practice;
mod t013_spaces_around;
mod t014_number_in_reference;
mod t015_pseudo_postcode;
mod x001_not_applicable;
mod x002_direct_payment_prison;
mod x003_pairing;
mod x004_financial_with_outcome;
mod x005_carer_reason;
mod x006_service_user_as_carer;
mod x007_fewer_than_linked;
mod x008_association_without_link;
mod x009_direct_payment_paid_otherwise;
mod x101_link_nowhere;
mod x102_link_no_service_user;
mod x103_link_to_self;
mod x104_link_twice;

/// Every rule of the check, sorted by id. A rule's place here is its number inside the program.
pub static RULES: &[&Rule] = &[
    &c001_smaller::RULE,
    &c002_month::RULE,
    &c003_service_vanished::RULE,
    &c004_person_vanished::RULE,
    &c005_reference_changed::RULE,
    &c006_identifier_changed::RULE,
    &c007_start_reset::RULE,
    &d001_end_before_start::RULE,
    &d002_born_after_event::RULE,
    &d003_death_before_birth::RULE,
    &d004_death_before_event::RULE,
    &d005_very_old::RULE,
    &d006_future::RULE,
    &d007_under_age::RULE,
    &d008_born_after_period::RULE,
    &d009_goes_on_after_death::RULE,
    &d101_open_after_death::RULE,
    &d102_starts_after_death::RULE,
    &d103_birth_of_cared_for::RULE,
    &f001_header::RULE,
    &f002_council::RULE,
    &f003_period::RULE,
    &f004_encoding::RULE,
    &f005_release_not_current::RULE,
    &f006_no_rows::RULE,
    &f007_separator::RULE,
    &f008_workbook::RULE,
    &f009_size::RULE,
    &f010_damaged::RULE,
    &f011_workbook_dates::RULE,
    &f101_character::RULE,
    &f102_transliterated::RULE,
    &f103_formula::RULE,
    &f104_control::RULE,
    &k001_no_identifier::RULE,
    &k002_copy::RULE,
    &k003_reference::RULE,
    &k004_same_event::RULE,
    &k005_local_ids::RULE,
    &k006_nhs_numbers::RULE,
    &k007_split_off::RULE,
    &k008_birth_dates::RULE,
    &k009_genders::RULE,
    &k010_ethnicities::RULE,
    &k011_death_dates::RULE,
    &k012_accommodation::RULE,
    &k013_support_reason::RULE,
    &l001_not_in_list::RULE,
    &l002_unmapped::RULE,
    &l003_not_to_be_used::RULE,
    &l004_restored_key::RULE,
    &l005_unmapped_blank::RULE,
    &l006_unmapped_block::RULE,
    &m001_mandatory_blank::RULE,
    &o001_open_with_outcome::RULE,
    &o002_ended_as_provision::RULE,
    &o003_review_outcome::RULE,
    &o004_deceased_without_death::RULE,
    &o101_no_assessment::RULE,
    &o102_no_sequel::RULE,
    &p001_ended_outside::RULE,
    &p002_starts_after::RULE,
    &p003_restriction_expired::RULE,
    &p004_not_covered::RULE,
    &p005_died_before_period::RULE,
    &s001_negative_cost::RULE,
    &s002_no_units::RULE,
    &s003_long_st_max::RULE,
    &s004_very_large_cost::RULE,
    &s005_units_clash::RULE,
    &s006_half_a_cost::RULE,
    &s007_no_delivery_mechanism::RULE,
    &s008_budget_in_care_home::RULE,
    &s101_two_settings::RULE,
    &s102_april_cliff::RULE,
    &t001_date::RULE,
    &t002_nhs_number::RULE,
    &t003_postcode::RULE,
    &t004_amount::RULE,
    &t005_whole_number::RULE,
    &t006_gp_practice::RULE,
    &t007_cqc_location::RULE,
    &t008_la_code::RULE,
    &t009_null_text::RULE,
    &t010_test_number::RULE,
    &t011_day_number::RULE,
    &t012_no_practice::RULE,
    &t013_spaces_around::RULE,
    &t014_number_in_reference::RULE,
    &t015_pseudo_postcode::RULE,
    &x001_not_applicable::RULE,
    &x002_direct_payment_prison::RULE,
    &x003_pairing::RULE,
    &x004_financial_with_outcome::RULE,
    &x005_carer_reason::RULE,
    &x006_service_user_as_carer::RULE,
    &x007_fewer_than_linked::RULE,
    &x008_association_without_link::RULE,
    &x009_direct_payment_paid_otherwise::RULE,
    &x101_link_nowhere::RULE,
    &x102_link_no_service_user::RULE,
    &x103_link_to_self::RULE,
    &x104_link_twice::RULE,
];

/// The rule with this id, in capitals or not.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id.eq_ignore_ascii_case(id)).copied()
}

/// A rule's place in [`RULES`].
pub fn place(rule: &Rule) -> usize {
    RULES.iter().position(|known| known.id == rule.id).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Kind, Manual};

    #[test]
    fn rules_are_sorted_and_no_id_stands_twice() {
        assert!(RULES.is_sorted_by(|a, b| a.id < b.id));
    }

    #[test]
    fn every_rule_has_the_five_sections_and_cites_a_source() {
        for rule in RULES {
            let sections = rule.manual.sections();
            assert!(sections.iter().map(|(heading, _)| *heading).eq(Manual::HEADINGS), "{}", rule.id);
            assert!(sections.iter().all(|(_, body)| body.len() > 5), "{}", rule.id);
        }
    }

    #[test]
    fn every_reading_and_every_note_has_one_rule() {
        let kinds: Vec<_> = RULES.iter().map(|rule| format!("{:?}", rule.kind)).collect();
        for (nth, kind) in kinds.iter().enumerate() {
            let alone = matches!(RULES[nth].kind, Kind::Blank | Kind::Filled | Kind::Reading(_) | Kind::Note(_));
            assert!(!alone || !kinds[..nth].contains(kind), "{kind}");
        }
    }
}
