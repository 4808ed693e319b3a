# Delays per carrier on a day. A departure is late from 15 minutes on, and rough in rain, snow, or less than 5 km of sight.
#
#   awk -f totals.awk -f delays.awk output=CARRIERS JOINED/*.csv

FNR == 1 { next }

{
    carrier = field("carrier")
    add(carrier, "flights", 1)
}

field("departure_delay") == "" {
    add(carrier, "cancelled", 1)
    next
}

{
    delay = field("departure_delay") + 0
    add(carrier, "delay_minutes", delay)
    if (delay >= 15) add(carrier, "late", 1)
}

field("rain_mm") + 0 > 0 || (field("visibility_km") != "" && field("visibility_km") + 0 < 5) {
    add(carrier, "rough_flights", 1)
    add(carrier, "rough_delay_minutes", delay)
}
