package console

// englishDates say how times and numbers are written. Layouts are those of
// Go's package time: Monday 2 January 2006, 15:04:05 MST stands for what is
// written in its place. A month or day in words is taken from here.
var englishDates = map[string]string{
	"page.lang": "en",
	"page.dir":  "", // rtl for a language that is written from right to left

	"date.full":    "2 January 2006, 15:04:05 MST",
	"date.clock":   "15:04",
	"date.day":     "2 Jan 15:04",
	"date.second":  "2 Jan 15:04:05",
	"date.until":   "Mon 2 Jan 15:04 MST",
	"date.weekday": "Mon 2 Jan 2006",
	"date.short":   "2 Jan",
	"date.year":    "2 Jan 2006",
	"date.month":   "January",
	"date.mon":     "Mon",
	"date.monday":  "Monday",

	"month.1": "January", "month.2": "February", "month.3": "March", "month.4": "April", "month.5": "May", "month.6": "June",
	"month.7": "July", "month.8": "August", "month.9": "September", "month.10": "October", "month.11": "November", "month.12": "December",
	"month.short.1": "Jan", "month.short.2": "Feb", "month.short.3": "Mar", "month.short.4": "Apr", "month.short.5": "May", "month.short.6": "Jun",
	"month.short.7": "Jul", "month.short.8": "Aug", "month.short.9": "Sep", "month.short.10": "Oct", "month.short.11": "Nov", "month.short.12": "Dec",
	"weekday.0": "Sunday", "weekday.1": "Monday", "weekday.2": "Tuesday", "weekday.3": "Wednesday", "weekday.4": "Thursday", "weekday.5": "Friday", "weekday.6": "Saturday",
	"weekday.short.0": "Sun", "weekday.short.1": "Mon", "weekday.short.2": "Tue", "weekday.short.3": "Wed", "weekday.short.4": "Thu", "weekday.short.5": "Fri", "weekday.short.6": "Sat",

	"number.point":     ".", // before the part of a number that is less than one
	"number.thousands": "%sk",
	"number.millions":  "%sM",
	"number.percent":   "%d %%",
	"event.version":    "(version %d)",
}
