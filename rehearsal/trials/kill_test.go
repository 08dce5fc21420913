package trials

const (
	programVariable = "TRIALS_PROGRAM"
	victimVariable  = "TRIALS_VICTIM"
)

func beVictim() {}
