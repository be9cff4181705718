# A second greeting that answers nothing
checks: C01 C-33
ref: what is not asked for is no answer
exit: 0|75|76
left: 1 2 3

S: +OK hello
S: +OK you are welcome
serve
