package legacy

// Host is the host of every account and post on X, whatever base_url says.
const Host = "x.com"
