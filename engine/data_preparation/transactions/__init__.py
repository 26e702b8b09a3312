"""Transactions in, customers out: invoices cleaned by stated rules, money exact, memory bounded."""
