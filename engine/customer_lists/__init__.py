"""Lists of customers for people: tables beside a run, exports of a saved one, conditions."""
