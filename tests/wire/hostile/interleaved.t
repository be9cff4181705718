# The next +OK comes before the final dot, as WildDuck did
checks: C-27
ref: WildDuck PR 950
server: interleave = True
mail: 12
runs: 2
exit: 0
stored: 1 2 3 4 5 6 7 8 9 10 11 12

