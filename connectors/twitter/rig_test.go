package twitter

import (
	"errors"
	"strconv"

	"socialwatch"
)

func itoa(n int) string { return strconv.Itoa(n) }

func asNetwork(err error, ne **socialwatch.NetworkError) bool { return errors.As(err, ne) }
