// Package incamera is the top of the tree; its one test holds the doors
// between the rooms.
package incamera
