// Package mediatest is what sound and picture are tried with, in tests and in
// rehearsals: speech, a moving pattern that says which picture it is and when
// it was drawn, a sound server without hardware, and the measures that tell
// how well what arrived matches what was sent.
//
// What it measures it reads out of samples and pixels alone; nothing is taken
// from what a sender knows. It starts other programs (espeak-ng, pulseaudio,
// parec, pacat), ends those it has started and no others, and keeps no files
// but in the temporary folder.
package mediatest
