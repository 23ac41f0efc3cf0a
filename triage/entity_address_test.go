package triage

import (
	"strings"
	"testing"

	"socialwatch"
)

// addressCases are texts with the fragments of addresses that must be found in
// them, and none where there are none.
var addressCases = []struct {
	text string
	want []string
}{
	// English
	{"I live at 12 High Street, SW1A 1AA", []string{"12 High Street", "SW1A 1AA"}},
	{"221b Baker Street please", []string{"221b Baker Street"}},
	{"waited 3 days on the street", nil},
	{"20 People On Road", []string{"20 People On Road"}}, // title case: masked rather than shown
	// German
	{"wohne Hauptstraße 12 in Köln", []string{"Hauptstraße 12"}},
	{"Hauptstrasse 12a, 10115 Berlin", []string{"Hauptstrasse 12a, 10115 Berlin"}},
	{"Berliner Str. 5 klingeln", []string{"Berliner Str. 5"}},
	{"Lindenallee 7", []string{"Lindenallee 7"}},
	{"auf dem Weg 2 Tage", nil},
	{"Parkplatz 12 ist voll", nil},
	{"mein Rückweg 15 km", nil},
	{"PLZ 10115 fehlt", []string{"10115"}},
	{"Bestellung 10115 Berlin", nil},
	// French
	{"12 rue de la Paix, 75002 Paris", []string{"12 rue de la Paix, 75002 Paris"}},
	{"5 bis avenue Foch", []string{"5 bis avenue Foch"}},
	{"3, allée des Tilleuls svp", []string{"3, allée des Tilleuls"}},
	{"12 rue de l'Église", []string{"12 rue de l'Église"}},
	{"2 place pour le colis", nil},
	{"code postal 75002", []string{"75002"}},
	// Spanish
	{"en Calle Mayor 12, 28013 Madrid", []string{"Calle Mayor 12, 28013 Madrid"}},
	{"C/ Gran Vía, 5", []string{"C/ Gran Vía, 5"}},
	{"avenida de la Constitución nº 3", []string{"avenida de la Constitución nº 3"}},
	{"la calle esta cortada 3 dias", nil},
	{"C.P. 28013", []string{"28013"}},
	// Italian
	{"Via Roma 12, Milano", []string{"Via Roma 12"}},
	{"Piazza Garibaldi 3, 20121 Milano", []string{"Piazza Garibaldi 3, 20121 Milano"}},
	{"via Amazon 3 times", nil},
	{"Via WhatsApp 3 volte", nil},
	{"in corso 2 pratiche", nil},
	{"CAP 20121", []string{"20121"}},
	// Portuguese
	{"Rua das Flores 123", []string{"Rua das Flores 123"}},
	{"moro na Rua Augusta, nº 1500, 01305-100 São", []string{"Rua Augusta, nº 1500, 01305-100 São"}},
	{"CEP 01310-100", []string{"01310-100"}},
	{"na rua ha 3 horas", nil},
	// Indian
	{"H.No. 12-3-45/A, Nagar", []string{"H.No. 12-3-45/A"}},
	{"flat no 302 second floor", []string{"flat no 302"}},
	{"flat 20% off", nil},
	{"pincode 560001", []string{"560001"}},
	{"pin: 560001", []string{"560001"}},
	{"pin 5600", nil},
	{"spin 560001", nil},
	{"refund 560001", nil},
	// United States
	{"Austin, TX 78701", []string{"TX 78701"}},
	{"Austin TX 78701-1234 thanks", []string{"TX 78701-1234"}},
	{"Columbus, OH 43004", []string{"OH 43004"}},
	{"PAY ME 20000 NOW", nil},
	{"Pay ME 20000 now", nil},
	{"zip code 94105", []string{"94105"}},
	{"TX 787011", nil},
}

func TestAnAddressThatIsNoneAllocatesNothing(t *testing.T) {
	for _, text := range []string{"la Calle larga 3 dias", "Hauptweg und 12", "Some Big Town TX 787011", "flat nobody 302"} {
		i := strings.IndexAny(text, "0123456789")
		s := &scanner{s: text}
		if n := testing.AllocsPerRun(50, func() {
			if s.address(i) != 0 {
				t.Fatalf("%q is an address", text)
			}
		}); n > 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

func TestFragmentsOfAddresses(t *testing.T) {
	tr := shop(t)
	for _, c := range addressCases {
		var got []string
		for _, e := range assess(t, tr, c.text).Entities {
			if e.Kind == socialwatch.Address {
				got = append(got, c.text[e.Start:e.End])
			}
		}
		if strings.Join(got, "; ") != strings.Join(c.want, "; ") {
			t.Errorf("%q: addresses %q, want %q", c.text, got, c.want)
		}
	}
}
