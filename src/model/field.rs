//! The fields of the collection, in template order.

use std::fmt;

macro_rules! fields {
    ($($variant:ident $key:literal,)*) => {
        /// One of the 50 fields. Its header text, type and conditions stand in the release file alone; the code knows
        /// fields by this name and the release file by [`Field::key`].
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the release file describes each field, with its source")]
        pub enum Field { $($variant,)* }

        impl Field {
            /// All fields, in template order.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$variant,)*];

            /// The name by which release and mapping files call the field, such as `date_of_birth`.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }
        }
    };
}

fields! {
    LaCode "la_code",
    ReportingPeriodStartDate "reporting_period_start_date",
    ReportingPeriodEndDate "reporting_period_end_date",
    NhsNumber "nhs_number",
    LaPersonUniqueIdentifier "la_person_unique_identifier",
    FirstName "first_name",
    LastName "last_name",
    GpPracticeName "gp_practice_name",
    GpPracticeCode "gp_practice_code",
    Gender "gender",
    Ethnicity "ethnicity",
    DateOfBirth "date_of_birth",
    DateOfDeath "date_of_death",
    ClientType "client_type",
    PrimarySupportReason "primary_support_reason",
    Postcode "postcode",
    AccommodationStatus "accommodation_status",
    EmploymentStatus "employment_status",
    HasUnpaidCarer "has_unpaid_carer",
    AutismSpectrumDisorder "autism_spectrum_disorder",
    VisualImpairment "visual_impairment",
    HearingImpairment "hearing_impairment",
    Dementia "dementia",
    ClientFundingStatus "client_funding_status",
    EventType "event_type",
    EventReference "event_reference",
    EventStartDate "event_start_date",
    EventEndDate "event_end_date",
    EventDescription "event_description",
    EventOutcome "event_outcome",
    RouteOfAccess "route_of_access",
    AssessmentType "assessment_type",
    EligibleNeedsIdentified "eligible_needs_identified",
    MethodOfAssessment "method_of_assessment",
    TotalHoursCaringPerWeek "total_hours_caring_per_week",
    NumberOfAdultsBeingCaredFor "number_of_adults_being_cared_for",
    Adult1LinkedPersonId "adult_1_linked_person_id",
    Adult2LinkedPersonId "adult_2_linked_person_id",
    Adult3LinkedPersonId "adult_3_linked_person_id",
    ServiceType "service_type",
    ServiceComponent "service_component",
    DeliveryMechanism "delivery_mechanism",
    ProviderCqcLocationName "provider_cqc_location_name",
    ProviderCqcLocationId "provider_cqc_location_id",
    ReviewReason "review_reason",
    ReviewOutcomesAchieved "review_outcomes_achieved",
    MethodOfReview "method_of_review",
    UnitCost "unit_cost",
    CostFrequency "cost_frequency",
    PlannedUnitsPerWeek "planned_units_per_week",
}

impl Field {
    /// How many fields a row has.
    pub const COUNT: usize = 50;

    /// The field's place in the template, from 0.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The field with this key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
