"""The data of the applications: one module for each row of the table in chapter 2."""
