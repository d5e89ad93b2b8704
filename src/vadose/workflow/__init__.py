"""What every job does around its science: run folders, results kept by content, tasks on processes or a cluster."""
