package main

import "testing"

func TestTable(t *testing.T) {
	var table table
	table.add("", "ms", "größe")
	table.add("gallery", "7.0", "1")
	table.note("peer", "not installed")
	table.add("long name here", "12345.0", "-")
	const want = "" +
		"                     ms  größe\n" +
		"gallery             7.0      1\n" +
		"peer            not installed\n" +
		"long name here  12345.0      -\n"
	if got := table.String(); got != want {
		t.Errorf("table is\n%s\nwant\n%s", got, want)
	}
}
