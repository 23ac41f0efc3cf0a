package simulator

import "time"

// way says how a follow-up reaches the shop.
type way int

const (
	public  way = iota // with the handle
	silent             // a reply in the thread without the handle: no notification
	direct             // a direct message with the handle
	fix                // an edit of the opening post
	retract            // the opening post is deleted
)

// follow is what a customer does after the opening post.
type follow struct {
	after time.Duration
	way   way
	text  string
}

// story is one customer's day. In texts {order}, {amount}, {days}, {item},
// {phone} and {mail} stand for invented values, the same ones in all of a
// customer's posts.
type story struct {
	theme Theme
	text  string
	more  []follow

	lang       string // default en
	visibility string
	spoiler    string
	media      string
}

const (
	minute = time.Minute
	hour   = time.Hour
)

var stuckOrders = []story{
	{text: "@shop_help order {order} has been \"being prepared\" for {days} days now. Is anybody preparing it?",
		more: []follow{{95 * minute, silent, "Still nothing, by the way."}}},
	{text: "@shop_help Paid for next-day, it is day {days}. Order {order}. What did I pay extra for?",
		more: []follow{{50 * minute, public, "@shop_help hello? {order}. Delivery was promised, the money went quickly enough."}}},
	{text: "@shop_help tracking for my {item} says \"label created\" since last week, no scan after that. {order}"},
	{text: "Morning @shop_help, could you see why {order} hasn't left the warehouse? The page said dispatch within 24 hours.",
		more: []follow{{30 * minute, direct, "@shop_help the number is {order}, the account is on {mail}"}}},
	{text: "@shop_help third time the delivery date of {order} has moved. First Monday, then Wednesday, now \"pending\". I took a day off for this."},
	{text: "@shop_help the courier says \"delivery attempted\". I was home all day, the bell works, nobody came. {order}",
		more: []follow{{3 * hour, silent, "And now it says attempted again. I am sitting next to the door."}}},
	{text: "@shop_help any news on the {item}? Ordered {days} days ago, no mail, no tracking, nothing."},
	{text: "my parcel has been in the same depot since Friday @shop_help. Order no {order}. Does it live there now?"},
	{text: "@shop_help {order} was cancelled without a word and without a reason. I still need the {item}. What happened?"},
	{text: "@shop_help Hi, I ordered a {item} for my dad's birthday tomorrow, status is still \"processing\". Order {order}. Please help!",
		more: []follow{{2 * hour, public, "@shop_help it is tonight that I need to know, not next week"}}},
	{text: "@shop_help The site shows my order {order} as shipped, the courier says they never got it. Who is right?"},
	{text: "Ordered on the 3rd, promised for the 6th, and today it's still \"in transit\". @shop_help, {order}, what is going on",
		more: []follow{{75 * minute, public, "@shop_help DM sent."}, {76 * minute, direct, "@shop_help here is my number again: {order}. Phone {phone}."}}},
	{text: "@shop_help half of {order} came, the {item} did not, and the page says \"complete\". It is not complete."},
	{text: "@shop_help Day {days} of waiting for {order}. Every agent tells me 24 to 48 hours. It has been 48 hours five times.",
		more: []follow{{4 * hour, public, "@shop_help update: there is no update. {order}. I want to talk to a manager."}}},
	{text: "@shop_help how long does customs usually take? {order} has been there for {days} days", visibility: "unlisted"},
	{text: "@shop_help order stuck. see picture.", media: "Screenshot of an order page: order {order}, status delayed, new date unknown"},
	{text: "@shop_help you moved my delivery to a pick-up point 14 km away without asking. {order}. I do not have a car."},
	{text: "@shop_help this is getting silly, {days} days for a {item} that was \"in stock\". {order}", spoiler: "shopping rant"},
	{text: "is {order} ever going to ship @shop_help or shall I just buy the {item} round the corner",
		more: []follow{{20 * minute, fix, "is {order} ever going to ship @shop_help or shall I just buy the {item} round the corner? (It was due on Monday.)"}}},
	{text: "@shop_help pre-ordered the {item} in May, released two weeks ago, everyone else has theirs. {order}"},
}

var refunds = []story{
	{text: "@shop_help I sent the {item} back {days} days ago and the refund of {amount} is still not here. Order {order}",
		more: []follow{{65 * minute, public, "@shop_help no answer yet about my {amount}."}}},
	{text: "@shop_help your mail says \"refund issued\" on the 2nd. My bank has not seen it. {amount}, {order}. Where is it?"},
	{text: "Still waiting on my refund @shop_help. Return was signed for {days} days ago. How much longer?",
		more: []follow{{5 * hour, silent, "Crickets."}}},
	{text: "@shop_help refunded {amount} but I paid double that. Where's the rest? {order}"},
	{text: "@shop_help you cancelled {order} yourselves and kept my money for {days} days. Please send it back."},
	{text: "@shop_help Was told 3 to 5 working days, it has been {days}. Refund of {amount} for {order}. I am not asking for a favour, it's my money.",
		more: []follow{{2 * hour, direct, "@shop_help {order}, card ends as you know, mail {mail}. Please sort this out."}, {3 * hour, public, "@shop_help sent you a DM an hour ago"}}},
	{text: "Dear @shop_help, the return label was scanned on the 28th, and the refund page still says \"awaiting parcel\". {order}"},
	{text: "@shop_help why is the refund going to a gift card when I paid by card?? {amount}. I never agreed to that."},
	{text: "@shop_help my refund was refused because the {item} was \"used\". It never even switched on! {order}"},
	{text: "@shop_help {amount} refund, {days} days, four chats, four different stories. I will be asking my bank for a chargeback on Friday.",
		more: []follow{{6 * hour, public, "@shop_help Friday is tomorrow. {order}."}}},
	{text: "hi @shop_help when do refunds for cancelled orders normally arrive? {order}, cancelled {days} days ago"},
	{text: "@shop_help refund for {order} please, I keep asking",
		more: []follow{{45 * minute, silent, "anyone there"}}},
}

var missing = []story{
	{text: "@shop_help {order} says delivered at 14:02. Nothing at the door, nothing with the neighbours, no photo.",
		more: []follow{{40 * minute, public, "@shop_help checked with the whole building now. It is not here. {order}"}}},
	{text: "@shop_help \"Handed to resident\". I live alone and was at work. Where is my {item}? {order}"},
	{text: "@shop_help the photo of the delivery shows a red door. Mine is green. Somebody got a free {item}.", media: "Parcel in front of a red front door"},
	{text: "@shop_help my parcel was left on the pavement and it's gone now. {order}, {amount} worth of stuff",
		more: []follow{{35 * minute, direct, "@shop_help you asked for details: {order}, {mail}, {phone}"}}},
	{text: "Courier admits the parcel is lost, @shop_help tells me to wait another {days} days. For what? {order}"},
	{text: "@shop_help marked as delivered to a locker I've never heard of, and the code doesn't work. {order}"},
	{text: "@shop_help box arrived open and empty. EMPTY. Order {order}.", media: "An open cardboard box with nothing but paper in it"},
	{text: "@shop_help says delivered yesterday, still not here today. Third parcel this year. {order}",
		more: []follow{{7 * hour, public, "@shop_help found it! It was behind the bins. Sorry, and thanks."}}},
	{text: "@shop_help wrong house again, number 12 instead of 21, they have opened it too. {order}",
		more: []follow{{10 * minute, fix, "@shop_help wrong house again, number 12 instead of 21, and they have opened it too. {order} (the number was wrong before)"}}},
	{text: "my {item} was stolen from the porch because the driver would not ring @shop_help. {order}. What now?"},
}

var charges = []story{
	{text: "@shop_help I was charged twice for {order}. {amount} and {amount}, the same minute. Please give one back.",
		more: []follow{{80 * minute, silent, "My bank says both went through, so it's not a reservation."}}},
	{text: "@shop_help what is this {amount} on my statement from you? I have not ordered anything since spring."},
	{text: "@shop_help cancelled the plus membership in June, still paying {amount} every month. Stop it please."},
	{text: "@shop_help checkout crashed, I tried again, now there are two orders and two payments. I need one {item}, not two. {order}"},
	{text: "@shop_help the gift card took {amount} off but the total stayed the same?? {order}"},
	{text: "@shop_help the discount code was accepted and then not applied. That's {amount} I should have back. {order}"},
	{text: "@shop_help double charge, order {order}, {amount}. Is there a phone number where a person answers?",
		more: []follow{{90 * minute, public, "@shop_help my number is {phone} if someone would like to call"}}},
	{text: "@shop_help delivery was free above 40, basket was {amount}, and you still took a delivery fee on {order}"},
}

var returns = []story{
	{text: "@shop_help the {item} arrived with a crack right across it. {order}. Can I swap it?", media: "A cracked casing next to its box"},
	{text: "@shop_help I ordered a {item} in blue and got a pink umbrella. I quite like it, but no. {order}"},
	{text: "@shop_help return pick-up was booked for 9 to 12. It's 17:00. Nobody. {order}",
		more: []follow{{25 * minute, public, "@shop_help now the app says \"collected\". It is in my hallway."}}},
	{text: "@shop_help the replacement for the broken {item} is broken as well. Is there a third one? {order}"},
	{text: "@shop_help there's a part missing from the {item}, the bag with the screws. {order}"},
	{text: "@shop_help the return label doesn't print, just a white page. {order}"},
}

var access = []story{
	{text: "@shop_help locked out of my account, the code never arrives by text. Number is right: {phone}"},
	{text: "@shop_help somebody changed the mail address of my account and it wasn't me. Please freeze it!",
		more: []follow{{15 * minute, public, "@shop_help they have just ordered something for {amount}. PLEASE."}}},
	{text: "@shop_help got a text that says you have a parcel for me and I must pay 1.99 at https://parcel-fee.example/pay. Is that you?"},
	{text: "someone calling themselves your help line asked for my card number, told me to keep it quiet @shop_help. You should know."},
}

var anger = []story{
	{text: "@shop_help you are a joke.", more: []follow{{5 * hour, retract, ""}}},
	{text: "@shop_help WORST. SERVICE. EVER."},
	{text: "@shop_help forty minutes on hold, then the line goes dead. Twice. Unbelievable.",
		more: []follow{{55 * minute, silent, "Make that three times."}}},
	{text: "@shop_help your driver shouted at my mother. I want a name and an apology."},
	{text: "wow @shop_help, great job, really, slow clap", visibility: "unlisted"},
	{text: "@shop_help the chat agent closed the chat on me in the middle of a sentence. Is that how it works now?"},
	{text: "@shop_help never again. Never.", more: []follow{{3 * minute, retract, ""}}},
}

var questions = []story{
	{text: "@shop_help does the {item} come with a plug for the UK?"},
	{text: "@shop_help when will the {item} be back in stock?"},
	{text: "Hey @shop_help, can I change the delivery address after ordering?"},
	{text: "@shop_help do you deliver on Sundays?"},
	{text: "@shop_help is there a student discount, and does it work on sale items?"},
	{text: "@shop_help the app keeps closing when I open the basket. Android, newest version. Known problem?"},
	{text: "@shop_help how do I get an invoice with VAT for an older order"},
	{text: "quick one @shop_help: is the {item} dishwasher safe?",
		more: []follow{{4 * minute, retract, ""}}},
	{text: "does anybody know whether gift wrap costs extra?",
		more: []follow{{6 * minute, fix, "does anybody know whether gift wrap costs extra? @shop_help maybe?"}}},
}

var praises = []story{
	{text: "@shop_help ordered last night, here at nine this morning. Magic. Thank you!"},
	{text: "Big thanks to whoever at @shop_help sorted out my return today, that was kind."},
	{text: "@shop_help the {item} is lovely, my daughter will not put it down"},
	{text: "@shop_help credit where it's due: problem on Monday, solved on Monday 👏"},
	{text: "the driver who carried my parcel up five floors deserves a medal @shop_help"},
	{text: "@shop_help refund arrived already, faster than you said. Cheers!"},
}

var noise = []story{
	{theme: ThemePromotion, text: "@shop_help 🔥 50% OFF followers! Grow your shop today 👉 https://growth.example/now #promo #deal"},
	{theme: ThemePromotion, text: "@shop_help we design logos for shops like yours, reply YES for a free sample"},
	{theme: ThemePromotion, text: "New blog: 10 kettles compared, with prices from @shop_help and others https://blog.example/kettles?utm_source=social&utm_campaign=autumn"},
	{theme: ThemeContest, text: "@shop_help entering the giveaway! I'd love to win the {item} 🤞 #giveaway"},
	{theme: ThemeContest, text: "@shop_help answer is B, followed and shared! #contest @customer2 @customer4 have a go"},
	{theme: ThemeContest, text: "@shop_help when do you draw the winner of the {item}?"},
}

var elsewhere = []story{
	{theme: ThemeStuckOrder, lang: "es", text: "@shop_help mi pedido {order} lleva {days} días \"en preparación\". ¿Cuándo sale?",
		more: []follow{{70 * minute, silent, "Sigo esperando."}}},
	{theme: ThemeRefundDelay, lang: "es", text: "@shop_help devolví el paquete hace {days} días y todavía no me han devuelto los {amount}. {order}"},
	{theme: ThemePraise, lang: "es", text: "@shop_help llegó antes de lo previsto, ¡muchas gracias!"},
	{theme: ThemeMissing, lang: "de", text: "@shop_help laut Sendung zugestellt, hier ist aber nichts angekommen. Bestellung {order}. Was nun?"},
	{theme: ThemeStuckOrder, lang: "de", text: "@shop_help seit {days} Tagen \"in Bearbeitung\", Bestellnummer {order}. Passiert da noch was?",
		more: []follow{{2 * hour, public, "@shop_help immer noch nichts zu {order}. Bitte um Rückmeldung."}}},
	{theme: ThemeQuestion, lang: "de", text: "@shop_help liefert ihr auch an Packstationen?"},
}

// spikePosts are what customers write while the depot of one carrier fails.
var spikePosts = []string{
	"@shop_help Swift Parcel says \"depot closed\", my {item} was due today. {order}",
	"@shop_help is something wrong with Swift Parcel? Tracking has stopped for {order}",
	"@shop_help Swift Parcel depot flooded?? When will {order} move again",
	"Another one stuck at the Swift Parcel depot here @shop_help. {order}",
	"@shop_help delivery today cancelled by Swift Parcel without a reason. {order}",
	"@shop_help Swift Parcel just sent \"delayed until further notice\" for my {item}",
	"@shop_help whole street waits for Swift Parcel today. What is going on? {order}",
	"@shop_help can you send {order} with another carrier? Swift Parcel is not delivering at all",
	"@shop_help Swift Parcel app: \"exception at depot\". In English please? {order}",
	"@shop_help stayed home for Swift Parcel, now it says undefined. {order} has been late for {days} days already",
	"Same here @shop_help, Swift Parcel, stuck at the depot since this morning, {order}",
	"@shop_help Swift Parcel does not pick up the phone. Where is my {item}?",
	"@shop_help you might want to stop shipping with Swift Parcel today. {order} is the second one that is stuck",
	"@shop_help still \"at depot\" with Swift Parcel. It is a birthday present. {order}",
}

// impostorPost is what somebody who passes for the shop writes to a customer.
const impostorPost = "We are sorry! Our refund team can pay you at once: call +44 20 7946 0999 and have your card ready."

// dayStories lists all stories with their themes.
func dayStories() []story {
	var all []story
	for _, g := range []struct {
		theme   Theme
		stories []story
	}{
		{ThemeStuckOrder, stuckOrders}, {ThemeRefundDelay, refunds}, {ThemeMissing, missing},
		{ThemeCharge, charges}, {ThemeReturn, returns}, {ThemeAccess, access}, {ThemeAnger, anger},
		{ThemeQuestion, questions}, {ThemePraise, praises}, {"", noise}, {"", elsewhere},
	} {
		for _, s := range g.stories {
			if s.theme == "" {
				s.theme = g.theme
			}
			if s.lang == "" {
				s.lang = "en"
			}
			all = append(all, s)
		}
	}
	return all
}

// chasers are follow-ups that fit any unsolved matter; each is used once a day,
// by a customer whose story has no follow-up of its own.
var chasers = []follow{
	{40 * minute, public, "@shop_help any update?"},
	{85 * minute, public, "@shop_help I'm still waiting for an answer."},
	{55 * minute, public, "@shop_help have sent you the details in a DM"},
	{56 * minute, direct, "@shop_help order number is {order} and my mail is {mail}. Thanks."},
	{2 * hour, public, "@shop_help hello, is this thing on? {order}"},
	{3 * hour, public, "@shop_help fourth message. Would be nice to hear from a human."},
	{25 * minute, public, "@shop_help just called, they told me to write to you here."},
	{100 * minute, direct, "@shop_help here you go: {order}, phone {phone}"},
	{150 * minute, public, "@shop_help if I don't hear back today I'm buying elsewhere."},
	{35 * minute, silent, "Adding the number: {order}"},
	{70 * minute, silent, "No reply, as expected."},
	{4 * hour, silent, "Anybody?"},
	{5 * hour, public, "@shop_help thanks for the quick help, sorted now!"},
	{6 * hour, public, "@shop_help end of the day and nothing has changed. {order}"},
	{45 * minute, direct, "@shop_help can we do this privately? {mail}"},
	{95 * minute, public, "@shop_help the link you have on the help page is dead, by the way"},
	{15 * minute, silent, "Forgot the number: {order}"},
	{80 * minute, public, "@shop_help bump"},
	{130 * minute, public, "@shop_help why does nobody read these? Been a customer for ten years."},
	{65 * minute, silent, "and still nothing in my inbox"},
	{3 * hour, direct, "@shop_help my address has not changed, please do not ask a fifth time. {order}"},
	{200 * minute, public, "@shop_help consumer advice says to give you 14 days in writing. This is in writing. {order}"},
}

var dayItems = []string{
	"kettle", "desk lamp", "pram", "rain jacket", "pair of trainers", "phone case", "coffee grinder",
	"board game", "bike pump", "pair of headphones", "tent", "blender", "school bag", "wall clock",
}
