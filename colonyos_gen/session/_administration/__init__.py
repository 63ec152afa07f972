"""What a colony has, and who may do something about it, in few words: `session.executors`, `session.crons`, …"""
