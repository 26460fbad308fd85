use proptest::prelude::*;
use tiberius::{
    Uuid,
    numeric::Numeric,
    time::{Date as Days, DateTime, DateTime2, DateTimeOffset, SmallDateTime, Time},
};

use super::*;

fn text_of(column: ColumnType, cell: &ColumnData<'static>) -> Result<String, BadValue> {
    let mut out = Vec::new();
    decoder(column).unwrap()(cell, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a cell is written where it is used")]
fn shown(column: ColumnType, cell: ColumnData<'static>, expected: &str) {
    assert_eq!(text_of(column, &cell).as_deref(), Ok(expected), "{cell:?}");
}

fn string(text: &'static str) -> ColumnData<'static> {
    ColumnData::String(Some(text.into()))
}

fn moment_of(days: u32, seconds: u64, offset: i16) -> ColumnData<'static> {
    ColumnData::DateTimeOffset(Some(DateTimeOffset::new(
        DateTime2::new(Days::new(days), Time::new(seconds, 0)),
        offset,
    )))
}

/// Days from 0001-01-01.
fn days(year: i32, month: u32, day: u32) -> u32 {
    (i64::from(Date::from_ymd(year, month, day).unwrap().days()) - FIRST_DAY) as u32
}

#[test]
fn numbers_are_exact_and_plain() {
    shown(ColumnType::Bitn, ColumnData::Bit(Some(true)), "1");
    shown(ColumnType::Bit, ColumnData::Bit(Some(false)), "0");
    shown(ColumnType::Int1, ColumnData::U8(Some(255)), "255");
    shown(ColumnType::Int2, ColumnData::I16(Some(i16::MIN)), "-32768");
    shown(ColumnType::Int4, ColumnData::I32(Some(0)), "0");
    shown(ColumnType::Int8, ColumnData::I64(Some(i64::MIN)), "-9223372036854775808");
    shown(ColumnType::Float8, ColumnData::F64(Some(-0.0)), "0");
    shown(ColumnType::Float8, ColumnData::F64(Some(1e21)), "1000000000000000000000");
    shown(ColumnType::Float8, ColumnData::F64(Some(2.5e-10)), "0.00000000025");
    shown(ColumnType::Float4, ColumnData::F32(Some(0.1)), "0.1");
    let decimal = |value, scale| ColumnData::Numeric(Some(Numeric::new_with_scale(value, scale)));
    shown(ColumnType::Decimaln, decimal(1250, 2), "12.50");
    shown(ColumnType::Numericn, decimal(-5, 3), "-0.005");
    shown(ColumnType::Decimaln, decimal(0, 0), "0");
    let widest = 99_999_999_999_999_999_999_999_999_999_999_999_999;
    shown(ColumnType::Decimaln, decimal(widest, 38), "0.99999999999999999999999999999999999999");
    shown(ColumnType::Decimaln, decimal(-widest, 0), "-99999999999999999999999999999999999999");
}

#[test]
fn money_is_rounded_to_four_decimals_and_refused_where_it_is_not_exact() {
    shown(ColumnType::Money, ColumnData::F64(Some(0.1 + 0.2)), "0.3000");
    shown(ColumnType::Money4, ColumnData::F64(Some(-214_748.364_8)), "-214748.3648");
    shown(ColumnType::Money, ColumnData::F64(Some(99_999_999_999.999_9)), "99999999999.9999");
    let beyond = ColumnData::F64(Some(100_000_000_000.01));
    assert_eq!(text_of(ColumnType::Money, &beyond), Err(BadValue::Money));
}

#[test]
fn dates_and_times_are_written_from_the_year_down() {
    shown(ColumnType::Daten, ColumnData::Date(Some(Days::new(0))), "0001-01-01");
    shown(ColumnType::Daten, ColumnData::Date(Some(Days::new(days(9999, 12, 31)))), "9999-12-31");
    shown(ColumnType::Datetimen, ColumnData::DateTime(Some(DateTime::new(-53690, 0))), "1753-01-01 00:00:00");
    shown(ColumnType::Datetime, ColumnData::DateTime(Some(DateTime::new(0, 1))), "1900-01-01 00:00:00.003");
    shown(ColumnType::Datetime, ColumnData::DateTime(Some(DateTime::new(0, 25_919_999))), "1900-01-01 23:59:59.997");
    let small = ColumnData::SmallDateTime(Some(SmallDateTime::new(65535, 1439)));
    shown(ColumnType::Datetime4, small, "2079-06-06 23:59:00");
    let exact = DateTime2::new(Days::new(days(2026, 2, 28)), Time::new(452_961_234_500, 7));
    shown(ColumnType::Datetime2, ColumnData::DateTime2(Some(exact)), "2026-02-28 12:34:56.12345");
    shown(ColumnType::Timen, ColumnData::Time(Some(Time::new(86_399, 0))), "23:59:59");
    for bad in [
        ColumnData::DateTime(Some(DateTime::new(0, 25_920_000))),
        ColumnData::DateTime(Some(DateTime::new(i32::MAX, 0))),
        ColumnData::DateTime2(Some(DateTime2::new(Days::new(days(9999, 12, 31) + 1), Time::new(0, 0)))),
        ColumnData::DateTime2(Some(DateTime2::new(Days::new(0), Time::new(u64::MAX, 0)))),
        ColumnData::DateTime2(Some(DateTime2::new(Days::new(0), Time::new(1, 200)))),
    ] {
        assert_eq!(text_of(ColumnType::Datetime2, &bad), Err(BadValue::OutOfRange), "{bad:?}");
    }
}

#[test]
fn a_moment_is_what_the_clocks_of_london_showed() {
    let late = 23 * 3600 + 1800;
    shown(ColumnType::DatetimeOffsetn, moment_of(days(2026, 6, 30), late, -300), "2026-07-01 00:30:00");
    shown(ColumnType::DatetimeOffsetn, moment_of(days(2026, 1, 31), late, 60), "2026-01-31 23:30:00");
    // The hour that summer time skips, and the one that it repeats.
    shown(ColumnType::DatetimeOffsetn, moment_of(days(2026, 3, 29), 3600, 0), "2026-03-29 02:00:00");
    shown(ColumnType::DatetimeOffsetn, moment_of(days(2026, 10, 25), 3600, 0), "2026-10-25 01:00:00");
    // Dates that stand for "none" do not move.
    shown(ColumnType::DatetimeOffsetn, moment_of(0, 0, 0), "0001-01-01 00:00:00");
    shown(ColumnType::DatetimeOffsetn, moment_of(days(1900, 1, 1), 0, 0), "1900-01-01 00:00:00");
    shown(ColumnType::DatetimeOffsetn, moment_of(days(9999, 12, 31), late, 0), "9999-12-31 23:30:00");
}

#[test]
fn texts_stand_as_they_are_but_for_what_fills_up_a_char() {
    shown(ColumnType::NVarchar, string(" Zoë \r\n\u{2028}"), " Zoë \r\n\u{2028}");
    shown(ColumnType::BigVarChar, string("a  "), "a  ");
    shown(ColumnType::BigChar, string("a  "), "a");
    shown(ColumnType::NChar, string("   "), "");
    shown(ColumnType::NVarchar, string("ï·ﾟ"), "ï·ﾟ");
    let guid = Uuid::parse_str("6f9619ff-8b86-d011-b42d-00c04fc964ff").unwrap();
    shown(ColumnType::Guid, ColumnData::Guid(Some(guid)), "6F9619FF-8B86-D011-B42D-00C04FC964FF");
    assert_eq!(text_of(ColumnType::NVarchar, &string("a\0b")), Err(BadValue::Nul));
    assert_eq!(text_of(ColumnType::NChar, &string("ïa\u{fffd}")), Err(BadValue::Surrogate));
}

#[test]
fn null_is_blank_in_every_type() {
    for (column, cell) in [
        (ColumnType::Bitn, ColumnData::Bit(None)),
        (ColumnType::Intn, ColumnData::I32(None)),
        (ColumnType::Floatn, ColumnData::F64(None)),
        (ColumnType::Decimaln, ColumnData::Numeric(None)),
        (ColumnType::Money, ColumnData::F64(None)),
        (ColumnType::Daten, ColumnData::Date(None)),
        (ColumnType::Timen, ColumnData::Time(None)),
        (ColumnType::Datetimen, ColumnData::DateTime(None)),
        (ColumnType::Datetime2, ColumnData::DateTime2(None)),
        (ColumnType::DatetimeOffsetn, ColumnData::DateTimeOffset(None)),
        (ColumnType::Guid, ColumnData::Guid(None)),
        (ColumnType::NVarchar, ColumnData::String(None)),
        (ColumnType::NChar, ColumnData::String(None)),
        (ColumnType::Null, ColumnData::I32(None)),
    ] {
        shown(column, cell, "");
    }
}

#[test]
fn what_has_no_text_is_refused_before_the_first_row() {
    for (column, why) in [
        (ColumnType::BigVarBin, Unreadable::Binary),
        (ColumnType::BigBinary, Unreadable::Binary),
        (ColumnType::Image, Unreadable::Binary),
        (ColumnType::Xml, Unreadable::Xml),
        (ColumnType::Udt, Unreadable::Udt),
        (ColumnType::SSVariant, Unreadable::Variant),
    ] {
        assert_eq!(decoder(column).err(), Some(why));
    }
    assert_eq!(text_of(ColumnType::Int4, &string("1")), Err(BadValue::OtherType));
}

proptest! {
    #[test]
    fn every_decimal_is_its_own_digits(value in -(10_i128.pow(37))..10_i128.pow(37), scale in 0_u8..=37) {
        let text = text_of(ColumnType::Decimaln, &ColumnData::Numeric(Some(Numeric::new_with_scale(value, scale)))).unwrap();
        let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        prop_assert_eq!(fraction, scale as usize);
        prop_assert_eq!(text.replace('.', "").parse::<i128>(), Ok(value));
    }

    #[test]
    fn every_day_is_written_as_the_calendar_writes_it(day in 0_u32..3_652_059) {
        let text = text_of(ColumnType::Daten, &ColumnData::Date(Some(Days::new(day)))).unwrap();
        prop_assert_eq!(text, Date::from_days(day as i32 + FIRST_DAY as i32).iso());
    }

    #[test]
    fn every_float_is_read_back_as_itself(value in any::<f64>()) {
        prop_assume!(value.is_finite());
        let text = text_of(ColumnType::Float8, &ColumnData::F64(Some(value))).unwrap();
        prop_assert!(!text.contains(['e', 'E']));
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), (value + 0.0).to_bits());
    }

    #[test]
    fn every_moment_since_1970_agrees_with_another_calendar(second in 0_i64..4_000_000_000, offset in -840_i16..=840) {
        let day = (second.div_euclid(86_400) - FIRST_DAY) as u32;
        let text = text_of(ColumnType::DatetimeOffsetn, &moment_of(day, second.rem_euclid(86_400) as u64, offset)).unwrap();
        let there = Timestamp::from_second(second).unwrap().to_zoned(TimeZone::get("Europe/London").unwrap());
        prop_assert_eq!(text, there.strftime("%Y-%m-%d %H:%M:%S").to_string());
    }
}
