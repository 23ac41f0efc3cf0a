package socialwatch

import "testing"

func TestMoneyIsReadAsDollars(t *testing.T) {
	for m, want := range map[MicroUSD]string{
		0: "$0.00", 1_000: "$0.001", 5_000: "$0.005", 10_000: "$0.01", 200_000: "$0.20", 12_340_000: "$12.34",
		110_000_000: "$110.00", 1_005_000: "$1.00", -15_000: "-$0.015",
	} {
		if got := m.Dollars(); got != want {
			t.Errorf("%d: %s, want %s", int64(m), got, want)
		}
	}
}
